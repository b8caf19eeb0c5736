import {
  ReminderSendMutation,
  TaskCompleteMutation,
  TaskScheduleMutation,
} from "#graphql/collector/actions.ts";
import { client } from "#graphql/collector/client.ts";
import { tell } from "#graphql/collector/live.ts";
import { type Done, mutate } from "#graphql/collector/mutate.ts";
import { NextTaskQuery } from "#graphql/collector/customers.ts";
import { t } from "#i18n/collector/index.ts";
import { addDays } from "#i18n/dates.ts";
import { toasts } from "#ui/toasts.svelte.ts";
import { session } from "../session.svelte.ts";

type Named = { readonly id: string; readonly name: string };

/** Says why something was not done; the words of the server when it gave some. */
export function sayWhyNot(done: Extract<Done<unknown>, { ok: false }>): void {
  const text = done.errors[0]?.message ?? (done.failure?.offline ? t("failure.offline") : t("failure.server"));
  toasts.say(text, { tone: "error" });
}

/** Tells the list and the customer that this customer is not what it was. */
export function touched(customerId: string): void {
  tell({ kind: "CUSTOMER", nodeId: customerId, customerId });
}

/** The instant of a day and hour as the person at the screen means them. */
export const instantOf = (day: string, time: string): string => new Date(`${day}T${time}`).toISOString();

/** Puts the next action off to tomorrow morning; can be undone. */
export async function snooze(customer: Named): Promise<void> {
  const dueAt = instantOf(addDays(session.me.today, 1), "09:00");
  const done = await mutate(TaskScheduleMutation, { input: { customerId: customer.id, kind: "FOLLOW_UP", dueAt } });
  touched(customer.id);
  if (!done.ok) return sayWhyNot(done);
  const task = done.value.task.id;
  toasts.say(t("snoozed", { name: customer.name }), {
    action: { label: t("undo"), run: () => void completeTask(customer, task) },
  });
}

async function completeTask(customer: Named, taskId: string): Promise<boolean> {
  const done = await mutate(TaskCompleteMutation, { input: { taskId } });
  touched(customer.id);
  if (!done.ok) sayWhyNot(done);
  return done.ok;
}

/** Marks the next action as done. A customer without one has nothing to mark. */
export async function complete(customer: Named): Promise<void> {
  const { data } = await client.query(NextTaskQuery, { id: customer.id }, { requestPolicy: "network-only" });
  const task = data?.node && "nextTask" in data.node ? data.node.nextTask : null;
  if (!task) return toasts.say(t("done.nothing", { name: customer.name }));
  if (!(await completeTask(customer, task.id))) return;
  const again = { customerId: customer.id, kind: task.kind, dueAt: task.dueAt, note: task.note };
  toasts.say(t("done.said", { name: customer.name }), {
    action: {
      label: t("undo"),
      run: () => void mutate(TaskScheduleMutation, { input: again }).then(() => touched(customer.id)),
    },
  });
}

/** Plans a reminder for now; what is true when it leaves still decides whether it does. */
export async function remind(customer: Named): Promise<void> {
  const done = await mutate(ReminderSendMutation, { input: { idempotencyKey: crypto.randomUUID(), customerId: customer.id } });
  touched(customer.id);
  if (!done.ok) return sayWhyNot(done);
  const { state, heldReason } = done.value.message;
  if (state === "HELD" && heldReason) toasts.say(t("reminder.held", { reason: heldReason }));
  else toasts.say(t("reminder.planned", { name: customer.name }));
}

import { untrack } from "svelte";
import type { Action } from "svelte/action";
import { keyOf } from "./keys.ts";

/** Something that a key, the palette or a button does. */
export type Command = {
  readonly id: string;
  readonly label: string;
  /** The heading under which the help lists it. */
  readonly group: string;
  /** "j", "Shift+J", "g c" (one after the other), "Mod+k" (Ctrl or Cmd), "Enter". */
  readonly keys: readonly string[];
  readonly run: () => void;
  /** Listed in the help only, such as moving along the list. */
  readonly unlisted?: boolean;
};

type Layers = readonly (() => readonly Command[])[];

const SWITCH = "cartera.single-keys";
const SEQUENCE_MS = 1200;

function typesText(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
}

/** A focused button or link keeps Enter and Space to itself. */
function ownsKey(target: EventTarget | null, key: string): boolean {
  if (key !== "Enter" && key !== "Space") return false;
  return target instanceof Element && target.closest("button, a, summary, [role=tab]") !== null;
}

/**
 * The keys of the page. Single keys never fire inside an input nor under an open dialog, and can be switched
 * off (WCAG 2.2, 2.1.4); keys with Ctrl or Cmd always work.
 */
export class Keyboard {
  singleKeys = $state(true);
  #layers = $state.raw<Layers>([]);
  #prefix = "";
  #prefixAt = 0;

  constructor(stored: string | null = null) {
    this.singleKeys = stored !== "off";
  }

  /** Commands of every part of the page that is shown; the latest part wins a key. */
  get commands(): readonly Command[] {
    return this.#layers.flatMap((layer) => layer());
  }

  /** Adds commands for as long as the caller is shown: `$effect(() => keyboard.add(() => [...]))`. */
  add(layer: () => readonly Command[]): () => void {
    this.#change((layers) => [...layers, layer]);
    return () => this.#change((layers) => layers.filter((other) => other !== layer));
  }

  switchSingleKeys(on: boolean): void {
    this.singleKeys = on;
    localStorage.setItem(SWITCH, on ? "on" : "off");
  }

  handle = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.isComposing) return;
    const key = keyOf(event);
    const modified = key.startsWith("Mod+");
    if (!modified && (typesText(event.target) || !this.singleKeys || ownsKey(event.target, key))) return;
    if (document.querySelector("dialog[open]")) return;
    const sequence = Date.now() - this.#prefixAt < SEQUENCE_MS && this.#prefix ? `${this.#prefix} ${key}` : key;
    const command = this.#find(sequence);
    this.#prefix = "";
    if (command) {
      event.preventDefault();
      command.run();
    } else if (this.commands.some((other) => other.keys.some((keys) => keys.startsWith(`${key} `)))) {
      this.#prefix = key;
      this.#prefixAt = Date.now();
    }
  };

  // Without tracking: an effect that adds its commands must not run again because of it.
  #change(next: (layers: Layers) => Layers): void {
    this.#layers = untrack(() => next(this.#layers));
  }

  #find(sequence: string): Command | undefined {
    return this.commands.findLast((command) => command.keys.includes(sequence));
  }
}

export const keyboard = new Keyboard(globalThis.localStorage?.getItem(SWITCH));

/** Puts the caret into the element once it is shown, when the person has just asked for it. */
export const takeFocus: Action<HTMLElement> = (element) => {
  element.focus();
  if (element instanceof HTMLInputElement) element.select();
};

import type { Attachment } from "svelte/attachments";

/** A `details` that is a menu: it closes when the person goes elsewhere, and gives the focus back on Escape. */
export const menu: Attachment<HTMLDetailsElement> = (details) => {
  function elsewhere(event: Event) {
    if (event.target instanceof Node && !details.contains(event.target)) details.open = false;
  }

  function escape(event: KeyboardEvent) {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary")?.focus();
  }

  document.addEventListener("click", elsewhere);
  document.addEventListener("focusin", elsewhere);
  details.addEventListener("keydown", escape);
  return () => {
    document.removeEventListener("click", elsewhere);
    document.removeEventListener("focusin", elsewhere);
    details.removeEventListener("keydown", escape);
  };
};

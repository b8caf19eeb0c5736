/** The name of the key that was pressed, as commands write it. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey">): string {
  const key = event.key === " " ? "Space" : event.key;
  if (event.ctrlKey || event.metaKey) return `Mod+${key.toLowerCase()}`;
  if (event.altKey) return `Alt+${key}`;
  return event.shiftKey && /^[A-Z]$/.test(key) ? `Shift+${key}` : key;
}

/** For display: "Mod" is the platform's own key. */
export function keyName(keys: string): string {
  const mac = globalThis.navigator?.platform.startsWith("Mac");
  return keys.replace("Mod+", mac ? "⌘" : "Ctrl ").replace("Shift+", "⇧").replace("ArrowDown", "↓").replace("ArrowUp", "↑");
}

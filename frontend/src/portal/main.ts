import "#ui/base.css";
import "./portal.css";
import { mount } from "svelte";
import Portal from "./Portal.svelte";

// Coming back from the gateway with the browser's own button shows what is true now, not a frozen page.
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

mount(Portal, { target: document.body });

import "#ui/base.css";
import "./fonts.css";
import { mount } from "svelte";
import App from "./App.svelte";
import { start } from "./session.svelte.ts";

mount(App, { target: document.body });
await start();

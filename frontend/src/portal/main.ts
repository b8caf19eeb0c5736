import "#ui/base.css";
import "./portal.css";
import { mount } from "svelte";
import Portal from "./Portal.svelte";

mount(Portal, { target: document.body });

// Where the console begins.
import { render } from "preact";
import { App } from "./app";

const root = document.getElementById("console");
if (root === null) throw new Error("the page has no place for the console");
render(<App />, root);

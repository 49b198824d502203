// Rules: two versions on one document, and what an operator sets of them.
import type { JSX } from "preact";
import { listener } from "../session";
import { Compare } from "./compare";
import { SettingsPage } from "./settings";

export function RulesPage(): JSX.Element {
  return listener === "admin" ? <SettingsPage /> : <Compare />;
}

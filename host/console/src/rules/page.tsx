// Rules: two versions on one document, packages that are tried, and what an operator sets.
import type { JSX } from "preact";
import { listener } from "../session";
import { Compare } from "./compare";
import { SettingsPage } from "./settings";

export function RulesPage(): JSX.Element {
  return listener === "admin" ? <SettingsPage /> : <Compare />;
}

// Fleet: what is served, by which versions, and changing it where the listener is the one for that.
import type { JSX } from "preact";
import { listener } from "../session";
import { Packages } from "./packages";
import { Served } from "./served";

export function FleetPage(): JSX.Element {
  return listener === "admin" ? <Packages /> : <Served />;
}

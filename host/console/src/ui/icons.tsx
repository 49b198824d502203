// Icons, drawn here: no font and no picture is fetched for them.
import type { JSX } from "preact";

const PATHS = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4 4l8 8M12 4l-8 8",
  dash: "M3.5 8h9",
  camera: "M2 5.500h2.500l1-1.500h5l1 1.500H14v7.500H2zM8 11.300a2.300 2.300 0 100-4.600 2.300 2.300 0 000 4.600z",
  file: "M4 1.500h5l3 3v10H4zM9 1.500v3h3",
  key: "M6.200 7.300L13.500 14.500M10.500 11.500l1.500-1.500M8 4.800a3.200 3.200 0 11-6.400 0 3.200 3.200 0 016.400 0z",
  sun: "M8 10.800a2.800 2.800 0 100-5.600 2.800 2.800 0 000 5.600zM8 1.200v1.500M8 13.300v1.500M1.200 8h1.500M13.300 8h1.500M3.200 3.200l1 1M11.800 11.800l1 1M3.200 12.800l1-1M11.800 4.200l1-1",
  moon: "M13.500 9.600A6 6 0 016.400 2.500a6 6 0 107.100 7.100z",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  flat: "M2 3.500h12v9H2zM4.500 6.500h3M4.500 9.500h7",
  picture: "M2 2.500h12v11H2zM5 7l6-1.500.8 4.300-6 1.500z",
  upload: "M8 10.500v-8M4.800 5.500L8 2.300l3.200 3.200M2.500 10.500v3h11v-3",
} as const;

export type IconName = keyof typeof PATHS;

/** An icon beside words that say the same. */
export function Icon({ name, class: of }: { name: IconName; class?: string }): JSX.Element {
  return (
    <svg class={`icon ${of ?? ""}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

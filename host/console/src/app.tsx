// The frame of the console: where one can go, who asks, and light or dark.
import type { ComponentType, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { FleetPage } from "./fleet/page";
import { LoadPage } from "./load/page";
import { RulesPage } from "./rules/page";
import { listener, token, tokenWanted, useCell } from "./session";
import { TryPage } from "./try/page";
import { Icon } from "./ui/icons";
import { TokenDialog } from "./ui/token";

interface Place {
  path: string;
  title: string;
  page: ComponentType;
}

/** What each listener offers: documents are sent to one, packages to the other. */
const PLACES: readonly Place[] = [
  ...(listener === "documents" ? [{ path: "try", title: "Try it", page: TryPage }] : []),
  { path: "load", title: "Load", page: LoadPage },
  { path: "fleet", title: "Fleet", page: FleetPage },
  { path: "rules", title: "Rules", page: RulesPage },
];

const placeOf = (hash: string): Place => PLACES.find(({ path }) => hash === `#/${path}`) ?? PLACES[0]!;

export function App(): JSX.Element {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  const isWanted = useCell(tokenWanted);
  const [isAsked, setAsked] = useState(false);

  useEffect(() => {
    const move = (): void => setPlace(placeOf(location.hash));
    window.addEventListener("hashchange", move);
    return () => window.removeEventListener("hashchange", move);
  }, []);
  useEffect(() => {
    document.title = `${place.title} · dossier`;
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [place]);

  const Page = place.page;
  return (
    <>
      <a class="skip" href="#main" onClick={(event) => (event.preventDefault(), main.current?.focus())}>
        Skip to the page
      </a>
      <header class="top">
        <a class="brand" href={`#/${PLACES[0]!.path}`}>
          <img src="/console/icon.svg" alt="" width="24" height="24" />
          <span>dossier</span>
          {listener === "admin" && <span class="tag tag-accent">admin</span>}
        </a>
        <nav aria-label="Pages">
          {PLACES.map(({ path, title }) => (
            <a key={path} href={`#/${path}`} aria-current={path === place.path ? "page" : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <div class="top-end">
          <TokenButton onClick={() => setAsked(true)} />
          <Theme />
        </div>
      </header>
      {isWanted && (
        <div class="wanted" role="status">
          <span>This host wants a token, and has none that it knows.</span>
          <button type="button" class="button button-main" onClick={() => setAsked(true)}>
            <Icon name="key" /> Enter a token
          </button>
        </div>
      )}
      <main id="main" ref={main} tabIndex={-1}>
        <Page />
      </main>
      {isAsked && <TokenDialog onClose={() => setAsked(false)} />}
    </>
  );
}

function TokenButton({ onClick }: { onClick: () => void }): JSX.Element {
  const has = useCell(token) !== null;
  return (
    <button type="button" class="button-quiet" onClick={onClick}>
      <Icon name="key" />
      <span class="top-word">{has ? "Token set" : "Token"}</span>
    </button>
  );
}

/** Light or dark: as the system has it, until somebody says otherwise for as long as the page is open. */
function Theme(): JSX.Element {
  const [isDark, setDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  const change = (): void => {
    document.documentElement.dataset.theme = isDark ? "light" : "dark";
    setDark(!isDark);
  };
  return (
    <button type="button" class="button-quiet" aria-label={isDark ? "Light colours" : "Dark colours"} onClick={change}>
      <Icon name={isDark ? "sun" : "moon"} />
    </button>
  );
}

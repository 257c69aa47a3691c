"use strict";
{
  const one = (selector) => document.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const chips = all(".chip");
  const clauses = all(".clause").map((node) => ({
    node,
    tile: one(`[data-tile="${CSS.escape(node.id)}"]`),
    standing: node.dataset.standing,
    cases: all(".case", node).map((inner) => ({ node: inner, standing: inner.dataset.standing })),
  }));
  const chapters = all(".chapter");
  const states = new Set(chips.map((chip) => chip.dataset.filter));
  const chosen = new Set();
  const search = one("#search");

  const words = () => search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const says = (item, wanted) => {
    item.text ??= `${item.node.id} ${item.node.textContent}`.toLowerCase();
    return wanted.every((word) => item.text.includes(word));
  };
  const demand = (clause) => {
    clause.demand ??= `${clause.node.id} ${one(`#${CSS.escape(clause.node.id)} > .demand`).textContent}`.toLowerCase();
    return clause.demand;
  };

  function show() {
    const wanted = words();
    let clausesShown = 0;
    let casesShown = 0;
    let casesInAll = 0;
    for (const clause of clauses) {
      const named = wanted.every((word) => demand(clause).includes(word));
      let inside = 0;
      for (const item of clause.cases) {
        const fits = (!chosen.size || chosen.has(item.standing)) && (named || says(item, wanted));
        item.node.hidden = !fits;
        inside += fits;
      }
      const bare = !clause.cases.length && named && (!chosen.size || chosen.has(clause.standing));
      const fits = inside > 0 || bare;
      clause.node.hidden = !fits;
      clause.tile.classList.toggle("dim", !fits);
      clausesShown += fits;
      casesShown += inside;
      casesInAll += clause.cases.length;
    }
    for (const chapter of chapters) chapter.hidden = !one(`#${chapter.id} > .clause:not([hidden])`);
    for (const chip of chips) chip.setAttribute("aria-pressed", String(chosen.has(chip.dataset.filter)));
    const narrowed = chosen.size || wanted.length;
    one("#shown").textContent = narrowed
      ? `${clausesShown} of ${clauses.length} clauses, ${casesShown} of ${casesInAll} cases` : "";
    one("#nothing").hidden = clausesShown > 0;
  }

  function everything() {
    chosen.clear();
    search.value = "";
    show();
  }

  const remember = () => {
    const hash = chosen.size ? `#${[...chosen].join("+")}` : location.pathname + location.search;
    try { history.replaceState(null, "", hash); } catch { /* a page without an address has no fragment */ }
  };

  function follow() {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* taken as it stands */ }
    if (!name) return;
    const asked = name.split("+");
    if (asked.every((state) => states.has(state))) {
      chosen.clear();
      asked.forEach((state) => chosen.add(state));
      show();
      return;
    }
    const node = document.getElementById(name);
    if (!node) return;
    if (node.closest("[hidden]")) everything();
    for (let at = node; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    node.scrollIntoView();
    one(`#${CSS.escape(name)} > summary`)?.focus({ preventScroll: true });
  }

  const fold = (open) => {
    for (const clause of clauses) {
      if (clause.node.hidden) continue;
      clause.node.open = open;
      for (const item of clause.cases) if (!item.node.hidden) item.node.open = open;
    }
  };

  chapters.forEach((chapter, number) => { chapter.id = `chapter-${number}`; });
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      const state = chip.dataset.filter;
      if (!chosen.delete(state)) chosen.add(state);
      remember();
      show();
    });
  }
  let waiting = 0;
  search.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(show);
  });
  one("#unfold").addEventListener("click", () => fold(true));
  one("#fold").addEventListener("click", () => fold(false));
  one("#everything").addEventListener("click", () => { everything(); remember(); });
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) follow();
  });

  const colours = one("#colours");
  const root = document.documentElement;
  const kept = "tiktok-conformance-colours";
  const dark = () => (root.dataset.colours ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const paint = () => { colours.textContent = dark() ? "light colours" : "dark colours"; };
  try { root.dataset.colours = localStorage.getItem(kept) ?? ""; } catch { /* nothing is kept, then */ }
  if (!["light", "dark"].includes(root.dataset.colours)) delete root.dataset.colours;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  colours.addEventListener("click", () => {
    root.dataset.colours = dark() ? "light" : "dark";
    try { localStorage.setItem(kept, root.dataset.colours); } catch { /* nothing is kept, then */ }
    paint();
  });

  paint();
  colours.hidden = false;
  one(".controls").hidden = false;
  follow();
}

"use strict";
/* A display: a table whose numbers open the records that they count, or a figure whose shapes open their
   participant. */
pages.display = async (id) => {
  const all = await site.load("displays", "displays");
  const display = all.displays.find((one) => one.id === id);
  if (!display) throw new Error(`${id} is no display of this build`);
  document.title = `${display.title}: ${document.documentElement.dataset.study}`;
  const parts = [site.h("p", { class: "quiet" }, display.kind === "figure" ? `Figure ${display.number}` : `Table ${display.number}`), site.h("h1", {}, display.title), site.h("p", {}, display.population)];
  if (display.kind === "figure") parts.push(await figure(id));
  else parts.push(numbers(display, all));
  parts.push(...display.footnotes.map((text) => site.h("p", { class: "quiet small" }, text)));
  document.querySelector("#content").replaceChildren(...parts);
  site.openCells();
};

async function figure(id) {
  const text = await site.load("figures", id);
  const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  for (const group of drawing.querySelectorAll("[data-subject]")) {
    const open = () => { window.location.href = site.toParticipant(group.dataset.subject); };
    group.setAttribute("tabindex", "0");
    group.setAttribute("role", "link");
    group.setAttribute("aria-label", `Participant ${group.dataset.subject}`);
    group.addEventListener("click", open);
    group.addEventListener("keydown", (event) => { if (event.key === "Enter") open(); });
  }
  drawing.setAttribute("role", "group");
  return site.h("div", { class: "figure scroll", tabindex: "0", role: "region", "aria-label": "Figure; its shapes lead to participants" }, document.importNode(drawing, true) && drawing);
}

/* The lines of a table: each number a button that shows what it counts. */
function numbers(display, all) {
  const lines = new Map();
  const heads = new Map();
  for (const cell of display.cells) {
    if (!lines.has(cell.line)) lines.set(cell.line, { label: cell.label, cells: new Map() });
    heads.set(cell.column, cell.head);
    const of = lines.get(cell.line).cells;
    if (!of.has(cell.column)) of.set(cell.column, []);
    of.get(cell.column).push(cell);
  }
  const columns = [...heads.keys()].sort((one, other) => one - other);
  const rows = [...lines.values()].map(({ label, cells }) => site.h("tr", {}, site.h("th", { scope: "row" }, label), columns.map((column) => {
    const of = cells.get(column);
    if (!of) return site.h("td", {});
    const [first, ...others] = of.map((one) => one.text);
    const text = others.length ? `${first} (${others.join(", ")})` : first;
    return site.h("td", {}, site.link(`#${display.id}`, text, { "data-number": true, onclick: (event) => { event.preventDefault(); counted(display, of, all); } }));
  })));
  return site.plainTable("Choose a number to see its method and the records that it counts", ["Row", ...columns.map((column) => heads.get(column))], rows);
}

async function counted(display, cells, all) {
  const [first] = cells;
  const method = all.methods[first.method] || { name: first.method, sentence: "", operations: {} };
  const statistics = cells.map((cell) => [site.h("dt", {}, method.operations[cell.operation] || cell.operation), site.h("dd", {}, cell.value === null ? "not estimable" : String(cell.value), ` (shown as ${cell.text})`)]);
  const places = first.records.split(" ").filter(Boolean).flatMap((range) => {
    const [from, to] = range.split("-").map(Number);
    return Array.from({ length: (to || from) - from + 1 }, (_, i) => from + i - 1);
  });
  const rows = [];
  for (const place of places.slice(0, 500)) {
    const record = await site.at("records", first.dataset, place);
    const number = site.facts.datasets[first.dataset].number || site.facts.datasets[first.dataset].columns[0];
    const subject = site.of(record, "USUBJID");
    rows.push(site.h("tr", {}, site.h("td", {}, site.link(site.toCell(first.dataset, place, number), `${first.dataset} record ${place + 1}`)), site.h("td", {}, subject ? site.link(site.toParticipant(subject), subject) : ""),
      site.h("td", {}, ["PARAM", "AEDECOD", "AVAL", "AVALC", "EVNTDESC", "VISIT"].map((name) => site.of(record, name)).filter((value) => value !== null).join(", "))));
  }
  const dialog = document.querySelector("dialog");
  dialog.querySelector("div.inside").replaceChildren(
    site.h("h1", {}, `${first.label}, ${first.head}`), site.h("p", {}, method.name, ": ", method.sentence), site.h("dl", {}, statistics),
    site.plainTable(`${site.counted(places.length, "record")} counted${places.length > 500 ? "; the first 500" : ""}`, ["Record", "Participant", "What it says"], rows));
  dialog.showModal();
}

"use strict";
/* A table of many records: search, filters by column (which the page may give), sorting and paging. Without any of these only the file that
   holds the page is loaded; with one, all files are. */
site.PAGE = 50;

site.table = async (place, source) => {
  const state = { search: "", filters: { ...source.filters }, sort: null, down: false, page: 0, rows: null };
  const total = source.files.reduce((sum, file) => sum + file.rows, 0);
  const starts = [];
  source.files.reduce((sum, file) => { starts.push(sum); return sum + file.rows; }, 0);

  const status = site.h("span", { role: "status", class: "quiet" });
  const body = site.h("tbody");
  const previous = site.h("button", { type: "button", onclick: () => turn(-1) }, "Previous");
  const next = site.h("button", { type: "button", onclick: () => turn(1) }, "Next");
  const search = site.h("input", { type: "search", "aria-label": `Search ${source.name}`, placeholder: "Search all columns" });
  search.addEventListener("input", () => { state.search = search.value; changed(); });
  const heads = source.columns.map(([name, label]) => head(name, label));
  const filters = source.columns.map(([name]) => {
    const input = site.h("input", { type: "text", "aria-label": `Filter ${name}`, value: state.filters[name] || "" });
    input.addEventListener("input", () => { state.filters[name] = input.value; changed(); });
    return site.h("td", {}, input);
  });
  const table = site.h("table", { class: "records", "aria-busy": "false" },
    site.h("caption", {}, source.caption),
    site.h("thead", {}, site.h("tr", {}, heads), site.h("tr", {}, filters)), body);
  place.append(
    site.h("div", { class: "tools" }, search, status, previous, next),
    site.h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Records of ${source.name}` }, table));

  function head(name, label) {
    const button = site.h("button", { type: "button", title: label }, name);
    const cell = site.h("th", { scope: "col" }, button);
    button.addEventListener("click", () => {
      state.down = state.sort === name && !state.down;
      state.sort = name;
      for (const other of heads) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      changed();
    });
    return cell;
  }

  function turn(pages) {
    state.page += pages;
    show();
  }

  let waiting = 0;
  function changed() {
    window.clearTimeout(waiting);
    table.setAttribute("aria-busy", "true");
    waiting = window.setTimeout(async () => {
      state.page = 0;
      await choose();
      await show();
      table.setAttribute("aria-busy", "false");
    }, 120);
  }

  /* The records that meet search and filters, in the order asked for; null stands for all in their own order. */
  async function choose() {
    const filtered = Object.entries(state.filters).filter(([, text]) => text);
    if (!state.search && !filtered.length && !state.sort) { state.rows = null; return; }
    const chunks = [];
    for (let number = 0; number < source.files.length; number += 1) {
      status.textContent = `Loading ${number + 1} of ${source.files.length}`;
      chunks.push(await source.load(number));
    }
    const rows = [];
    chunks.forEach((chunk, number) => {
      const meets = [...filtered.map(([name, text]) => matching(chunk, name, text)), searching(chunk)];
      for (let row = 0; row < chunk.rows; row += 1) {
        if (meets.every((test) => test(row))) rows.push([number, row]);
      }
    });
    if (state.sort) sort(rows, chunks);
    state.rows = rows;
  }

  /* A test of one column: each distinct value is compared once. */
  function matching(chunk, name, text) {
    const column = site.column(chunk, name);
    const wanted = text.toLowerCase();
    const meets = column.values.map((value) => String(value).toLowerCase().includes(wanted));
    return (row) => meets[column.code(row)] === true;
  }

  function searching(chunk) {
    if (!state.search) return () => true;
    const tests = source.columns.map(([name]) => matching(chunk, name, state.search));
    return (row) => tests.some((test) => test(row));
  }

  function sort(rows, chunks) {
    const values = new Set(chunks.flatMap((chunk) => site.column(chunk, state.sort).values));
    const inOrder = [...values].sort((one, other) => (typeof one === "number" && typeof other === "number"
      ? one - other : String(one).localeCompare(String(other), "en")));
    const ranks = new Map(inOrder.map((value, rank) => [value, rank]));
    const keys = chunks.map((chunk) => {
      const column = site.column(chunk, state.sort);
      const of = column.values.map((value) => ranks.get(value));
      return (row) => of[column.code(row)] ?? Infinity;
    });
    const sign = state.down ? -1 : 1;
    const keyed = rows.map(([number, row], place_) => [keys[number](row), place_, number, row]);
    keyed.sort((one, other) => (one[0] === other[0] ? one[1] - other[1]
      : (one[0] === Infinity) - (other[0] === Infinity) || sign * (one[0] < other[0] ? -1 : 1)));
    keyed.forEach(([, , number, row], place_) => { rows[place_] = [number, row]; });
  }

  async function show() {
    const size = state.rows ? state.rows.length : total;
    const first = state.page * site.PAGE;
    const last = Math.min(first + site.PAGE, size);
    const lines = [];
    for (let at = first; at < last; at += 1) {
      const [number, row] = state.rows ? state.rows[at] : fileOf(at);
      lines.push(source.line({ chunk: await source.load(number), row, place: starts[number] + row }));
    }
    body.replaceChildren(...lines);
    const of = size === total ? site.counted(total, "record") : `${size.toLocaleString("en")} of ${site.counted(total, "record")}`;
    status.textContent = size ? `${(first + 1).toLocaleString("en")} to ${last.toLocaleString("en")}: ${of}` : `None of ${site.counted(total, "record")}`;
    previous.disabled = first === 0;
    next.disabled = last >= size;
  }

  function fileOf(at) {
    let number = starts.length - 1;
    while (starts[number] > at) number -= 1;
    return [number, at - starts[number]];
  }

  await choose();
  return show();
};

/* The records of a dataset; each cell leads to its explanation. */
site.recordsTable = (place, dataset) => {
  const facts = site.facts.datasets[dataset];
  const names = facts.columns;
  return site.table(place, {
    name: dataset,
    caption: `${facts.label}: choose a cell to see why it holds its value`,
    columns: names.map((name) => [name, facts.variables[name][0]]),
    files: facts.files,
    load: (number) => site.load("records", `${dataset}-${number}`),
    line: (record) => site.h("tr", {}, names.map((name) => {
      const value = site.of(record, name);
      const link = site.link(site.toCell(dataset, record.place, name), value === null ? "" : value,
        { "data-cell": true, "aria-label": value === null ? `${name}: missing` : null });
      return site.h("td", { class: typeof value === "number" ? "n" : null }, link);
    })),
  });
};

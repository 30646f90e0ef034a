"use strict";
/* What every page stands on: data loaded by script tags (a page opened from a disk may not fetch), elements made
   of text and never of markup, and links between the pages. */
const site = { root: document.documentElement.dataset.root, loading: new Map(), taken: new Map() };

/* Each data file calls the function of its kind with its name and its packed content. */
for (const kind of ["study", "records", "raw", "lines", "mapping", "decisions", "displays", "figures", "findings", "cutoff"]) {
  site[kind] = (name, packed) => site.taken.set(`${kind}/${name}`, packed);
}

site.load = (kind, name) => {
  const key = `${kind}/${name}`;
  if (!site.loading.has(key)) {
    site.loading.set(key, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${site.root}data/${key}.js`;
      script.onload = () => site.unpacked(site.taken.get(key)).then(resolve, reject);
      script.onerror = () => reject(new Error(`data/${key}.js is not in this site`));
      document.head.append(script);
    }));
  }
  return site.loading.get(key);
};

site.unpacked = async (packed) => {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
};

/* An element with attributes and children; a text among the children stays a text. */
site.h = (name, attributes, ...children) => {
  const element = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (attribute.startsWith("on")) element.addEventListener(attribute.slice(2), value);
    else element.setAttribute(attribute, value === true ? "" : value);
  }
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
};

site.svg = (name, attributes, ...children) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [attribute, value] of Object.entries(attributes || {})) element.setAttribute(attribute, value);
  element.append(...children.flat(4).filter(Boolean));
  return element;
};

/* --- records */
site.column = (chunk, name) => {
  const [values, codes] = chunk.columns[name] || [[], 0];
  return { values, code: Array.isArray(codes) ? (row) => codes[row] : () => codes };
};

site.value = (chunk, name, row) => {
  const column = site.column(chunk, name);
  const code = column.code(row);
  return code < 0 || code >= column.values.length ? null : column.values[code];
};

/* The file that holds a record, and its row there. */
site.at = async (kind, name, place) => {
  const { files } = site.described(kind, name);
  let first = 0;
  for (let number = 0; number < files.length; number += 1) {
    if (place < first + files[number].rows) {
      return { chunk: await site.load(kind, `${name}-${number}`), row: place - first, place };
    }
    first += files[number].rows;
  }
  throw new Error(`${name} has no record ${place + 1}`);
};

site.described = (kind, name) => (kind === "records" ? site.facts.datasets[name] : site.facts.forms[name]);

/* The records of a participant in a dataset or form; only the files that can hold them are loaded. */
site.ofSubject = async (kind, name, subject) => {
  const found = [];
  let first = 0;
  for (const [number, file] of site.described(kind, name).files.entries()) {
    if (file.first <= subject && subject <= file.last) {
      const chunk = await site.load(kind, `${name}-${number}`);
      const column = site.column(chunk, "USUBJID");
      const wanted = column.values.indexOf(subject);
      for (let row = 0; row < chunk.rows; row += 1) {
        if (column.code(row) === wanted) found.push({ chunk, row, place: first + row });
      }
    }
    first += file.rows;
  }
  return found;
};

site.of = (record, name) => site.value(record.chunk, name, record.row);

/* The raw record of a published one, or null where it is of none. */
site.rawOf = async (record) => {
  const form = site.of(record, "_form");
  if (!site.facts.forms[form]) return null;
  const subject = site.of(record, "USUBJID");
  const all = await site.ofSubject("raw", form, subject);
  const raw = all.find((one) => site.of(one, "record") === site.of(record, "_record"));
  return raw ? { ...raw, form } : null;
};

site.placeOf = async (form, place) => {
  const { files, lines } = await site.load("lines", form);
  return lines[place] ? `${files}:${lines[place]}` : files;
};

/* --- texts and links */
site.shown = (value) => (value === null || value === undefined ? "" : String(value));
site.valueOrMissing = (value) => (value === null || value === undefined
  ? site.h("span", { class: "missing" }, "(missing)") : String(value));
site.toDataset = (name) => `${site.root}datasets/${name}.html`;
site.toVariable = (dataset, name) => `${site.root}variable.html#${dataset}.${name}`;
site.toCell = (dataset, place, variable) => `${site.root}cell.html#${dataset}/${place + 1}/${variable}`;
site.toParticipant = (subject) => `${site.root}participant.html#${encodeURIComponent(subject)}`;
site.toRaw = (form, record) => `${site.toForm(form)}/${encodeURIComponent(record)}`;
site.toForm = (form, field) => `${site.root}form.html#${form}${field ? `.${field}` : ""}`;
site.toDisplay = (id) => `${site.root}display.html#${id}`;
site.link = (to, text, attributes) => site.h("a", { href: to, ...attributes }, site.shown(text));
site.counted = (number, thing) => `${number.toLocaleString("en")} ${thing}${number === 1 ? "" : "s"}`;

/* A table of a few rows: columns are [head, is a number]; cells are texts or elements. */
site.plainTable = (caption, heads, rows, attributes) => site.h("div",
  { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
  site.h("table", attributes, site.h("caption", {}, caption),
    site.h("thead", {}, site.h("tr", {}, heads.map((head) => site.h("th", { scope: "col" }, head)))),
    site.h("tbody", {}, rows)));

site.fail = (error) => {
  const main = document.querySelector("main");
  main.append(site.h("p", { class: "bad", role: "alert" }, `This page cannot be shown: ${error.message}`));
};

/* A page that is made of what stands behind # in its address. */
site.page = (make) => {
  const start = async () => {
    try {
      site.facts = await site.load("study", "study");
      await make(decodeURIComponent(window.location.hash.slice(1)));
      document.documentElement.dataset.ready = "yes";
    } catch (error) {
      site.fail(error);
    }
  };
  window.addEventListener("hashchange", () => { document.documentElement.dataset.ready = "no"; start(); });
  start();
};

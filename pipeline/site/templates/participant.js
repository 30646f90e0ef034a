"use strict";
/* A participant: who it is, all that happened on one axis, the sums of lesions, times to events, and every record. */
const SPANS = /(STDTC|ENDTC|DTC)$/;

pages.participants = async () => {
  const dataset = site.facts.datasets.ADSL ? "ADSL" : "DM";
  const facts = site.facts.datasets[dataset];
  const wanted = ["USUBJID", "SITEID", "AGE", "SEX", "ARM", "TRT01P", "ACTARM", "RANDDT", "TRTSDT", "DTHDT", "EOSSTT"];
  const names = wanted.filter((name) => facts.columns.includes(name));
  await site.table(document.querySelector("#records"), {
    name: "participants", caption: "Choose a participant", columns: names.map((name) => [name, facts.variables[name][0]]), files: facts.files,
    load: (number) => site.load("records", `${dataset}-${number}`),
    line: (record) => site.h("tr", {}, names.map((name) => site.h("td", {}, name === "USUBJID"
      ? site.link(site.toParticipant(site.of(record, name)), site.of(record, name)) : site.shown(site.of(record, name))))),
  });
};

pages.participant = async (subject) => {
  const content = document.querySelector("#content");
  document.title = `${subject}: ${document.documentElement.dataset.study}`;
  const level = site.facts.datasets.ADSL ? "ADSL" : "DM";
  const [who] = await site.ofSubject("records", level, subject);
  if (!who) throw new Error(`${subject} is no participant of this build`);
  const told = ["ARM", "ACTARM", "AGE", "SEX", "SITEID", "RANDDT", "TRTSDT", "TRTEDT", "EOSSTT", "DCSREAS", "DTHDT"].filter((name) => site.of(who, name) !== null && name in who.chunk.columns);
  content.replaceChildren(...[
    site.h("h1", {}, subject),
    site.h("dl", {}, told.map((name) => [site.h("dt", {}, site.facts.datasets[level].variables[name][0]), site.h("dd", {}, site.link(site.toCell(level, who.place, name), site.of(who, name)))])),
    await endpoints(subject), await timeline(subject), await sums(subject), await beside(subject),
    site.h("h2", {}, "All records"), ...await everyRecord(subject)].filter(Boolean));
  site.openCells();
};

async function endpoints(subject) {
  const rows = [];
  for (const [name, facts] of Object.entries(site.facts.datasets)) {
    if (!facts.columns.includes("CNSR")) continue;
    for (const record of await site.ofSubject("records", name, subject)) {
      const cell = (variable) => site.h("td", { class: variable === "ADT" ? "nowrap" : null }, site.link(site.toCell(name, record.place, variable), site.shown(site.of(record, variable)) || "(missing)"));
      rows.push(site.h("tr", {}, site.h("th", { scope: "row" }, site.of(record, "PARAM")), cell("AVAL"), site.h("td", {}, site.of(record, "CNSR") === 0 ? "event" : "censored"), cell("EVNTDESC"), cell("ADT")));
    }
  }
  return rows.length ? site.h("section", {}, site.h("h2", {}, "Times to events"), site.plainTable("Choose a value to see how it was decided", ["Parameter", "Days", "Outcome", "What", "Date"], rows)) : null;
}

/* Every dated record of the tabulations: a lane for each dataset, a bar from start to end, a dot for a day. */
async function timeline(subject) {
  const lanes = [];
  for (const [name, facts] of Object.entries(site.facts.datasets)) {
    if (facts.layer !== "sdtm" || name.startsWith("SUPP") || !facts.columns.includes("USUBJID")) continue;
    const dates = facts.columns.filter((column) => SPANS.test(column) && column.startsWith(name) && !column.endsWith("RFTDTC"));
    if (!dates.length) continue;
    const [start, end] = [[`${name}STDTC`, `${name}DTC`].find((column) => dates.includes(column)), `${name}ENDTC`];
    const marks = [];
    const seen = new Set();
    for (const record of await site.ofSubject("records", name, subject)) {
      const from = start ? day(site.of(record, start)) : null;
      if (from === null) continue;
      const to = day(site.of(record, end));
      const what = [`${name}DECOD`, `${name}TERM`, `${name}TRT`, `${name}TEST`, "VISIT", `${name}STRESC`].map((column) => site.of(record, column)).filter(Boolean).slice(0, 3).join(", ");
      const isAlarm = ["ABNORMAL", "HIGH", "LOW"].includes(site.of(record, `${name}NRIND`)) || ["3", "4", "5"].includes(site.shown(site.of(record, "AETOXGR"))) || site.of(record, `${name}STRESC`) === "PD";
      const key = `${from}/${to}/${isAlarm}`;
      if (!seen.has(key)) { seen.add(key); marks.push({ from, to, what, isAlarm, place: record.place, date: site.of(record, start) }); }
    }
    if (marks.length) lanes.push({ name, label: facts.label, marks, number: facts.number });
  }
  return lanes.length ? site.h("section", {}, site.h("h2", {}, "All that happened"), picture(lanes)) : null;
}

function day(text) {
  if (!text || String(text).length < 10) return null;
  const at = Date.parse(`${String(text).slice(0, 10)}T00:00:00Z`);
  return Number.isNaN(at) ? null : at / 86400000;
}

function picture(lanes) {
  const ends = lanes.flatMap(({ marks }) => marks.flatMap(({ from, to }) => (to === null ? [from] : [from, to])));
  // what came long before the first visit stands at the left edge, or the study would have no room
  const visits = lanes.filter(({ name }) => name === "SV").flatMap(({ marks }) => marks.map(({ from }) => from));
  const first = visits.length ? Math.min(...visits) - 30 : Math.min(...ends);
  const last = Math.max(...ends);
  const [left, width, step] = [190, 1000, 24];
  const x = (at) => left + (Math.max(at - first, 0) / Math.max(last - first, 1)) * (width - left - 20);
  const height = step * lanes.length + 34;
  const years = [];
  for (let at = Math.ceil(first / 91.3125); at * 91.3125 <= last; at += 1) years.push(at * 91.3125);
  const axis = years.filter((_, place) => place % Math.ceil(years.length / 10) === 0).map((at) => [
    site.svg("line", { x1: x(at), x2: x(at), y1: 4, y2: height - 22, class: "axis" }),
    site.svg("text", { x: x(at), y: height - 8, "text-anchor": "middle" }, new Date(at * 86400000).toISOString().slice(0, 7))]);
  const drawn = lanes.map(({ name, label, marks, number }, place) => {
    const y = 16 + step * place;
    return [site.svg("text", { x: 0, y: y + 4 }, label.length > 30 ? `${label.slice(0, 29)}…` : label), site.svg("line", { x1: left, x2: width - 20, y1: y, y2: y, class: "axis" }), marks.map((mark) => {
      const title = site.svg("title", {}, `${mark.date}: ${mark.what}`);
      const shape = mark.to !== null && mark.to > mark.from ? site.svg("rect", { x: x(mark.from), width: Math.max(x(mark.to) - x(mark.from), 3), y: y - 4, height: 8, rx: 3, class: mark.isAlarm ? "bad" : "bar", opacity: 0.75 }, title)
        : site.svg("circle", { cx: x(mark.from), cy: y, r: 4, class: mark.isAlarm ? "bad" : "dot" }, title);
      return site.svg("a", { href: site.toCell(name, mark.place, number || site.facts.datasets[name].columns[0]), "aria-label": `${label} ${mark.date}: ${mark.what}` }, shape);
    })];
  });
  return site.h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Timeline" },
    site.svg("svg", { class: "drawn", width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Dated records of the participant, a lane for each dataset; red: abnormal, grade 3 or more, progressive disease; at the left edge what came long before the first visit" }, axis, drawn));
}

/* The sum of diameters over time, with baseline, nadir and the limits of response and progression. */
async function sums(subject) {
  const facts = site.facts.datasets.ADTA;
  if (!facts || !facts.columns.includes("SUMDIAM")) return null;
  const records = (await site.ofSubject("records", "ADTA", subject)).filter((record) => site.of(record, "SUMDIAM") !== null && day(site.of(record, "ADT")) !== null);
  if (records.length < 2) return null;
  const points = records.map((record) => ({ at: day(site.of(record, "ADT")), sum: site.of(record, "SUMDIAM"), record })).sort((one, other) => one.at - other.at);
  const base = site.of(records[0], "BASE") ?? points[0].sum;
  const most = Math.max(...points.map(({ sum }) => sum), base) * 1.1;
  const [left, width, height] = [50, 700, 200];
  const x = (at) => left + ((at - points[0].at) / Math.max(points.at(-1).at - points[0].at, 1)) * (width - left - 40);
  const y = (sum) => height - 25 - (sum / most) * (height - 40);
  const limit = (at, text) => [site.svg("line", { x1: left, x2: width - 40, y1: y(at), y2: y(at), class: "limit" }), site.svg("text", { x: width - 40, y: y(at) - 3, "text-anchor": "end" }, text)];
  const dots = points.map(({ at, sum, record }) => site.svg("a", { href: site.toCell("ADTA", record.place, "SUMDIAM"), "aria-label": `${site.of(record, "ADT")}: ${sum} mm` }, site.svg("circle", { cx: x(at), cy: y(sum), r: 5, class: "dot" }, site.svg("title", {}, `${site.of(record, "ADT")}: ${sum} mm, ${site.shown(site.of(record, "OVRLRESP"))}`))));
  const labels = points.map(({ at, record }) => site.svg("text", { x: x(at), y: height - 8, "text-anchor": "middle" }, site.shown(site.of(record, "OVRLRESP"))));
  const line = site.svg("polyline", { class: "line", points: points.map(({ at, sum }) => `${x(at)},${y(sum)}`).join(" ") });
  return site.h("section", {}, site.h("h2", {}, "Sum of diameters of target lesions (mm)"),
    site.svg("svg", { class: "drawn", viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Sums: ${points.map(({ sum, record }) => `${site.of(record, "ADT")} ${sum} mm`).join("; ")}` },
      limit(base, "baseline"), limit(base * 0.7, "−30 %"), line, dots, labels));
}

/* The response as derived beside that as reported. */
async function beside(subject) {
  const facts = site.facts.datasets.ADTA;
  if (!facts || !facts.columns.includes("IVOVRL")) return null;
  const rows = (await site.ofSubject("records", "ADTA", subject)).map((record) => {
    const cell = (name) => site.h("td", {}, site.link(site.toCell("ADTA", record.place, name), site.shown(site.of(record, name)) || "–"));
    const differs = site.of(record, "OVRLRESP") !== site.of(record, "IVOVRL");
    return site.h("tr", { class: differs ? "is-marked" : null }, site.h("th", { scope: "row" }, site.shown(site.of(record, "AVISIT"))), cell("ADT"), cell("SUMDIAM"), cell("OVRLRESP"), cell("IVOVRL"));
  });
  return rows.length ? site.h("section", {}, site.h("h2", {}, "Response: derived beside reported"), site.plainTable("Marked: they differ", ["Visit", "Date", "Sum (mm)", "Derived", "Reported"], rows)) : null;
}

/* Each form and each dataset with the participant's records, folded. */
async function everyRecord(subject) {
  const parts = [];
  for (const [kind, all] of [["raw", site.facts.forms], ["records", site.facts.datasets]]) {
    for (const [name, facts] of Object.entries(all)) {
      const covers = facts.files.some((file) => file.first <= subject && subject <= file.last);
      if (!covers) continue;
      const fold = site.h("details", {}, site.h("summary", {}, `${kind === "raw" ? "Form" : "Dataset"} ${name}: ${facts.title || facts.label}`));
      fold.addEventListener("toggle", async () => {
        if (fold.childElementCount === 1) fold.append(await recordsOf(kind, name, facts, subject));
      });
      parts.push(fold);
    }
  }
  return parts;
}

async function recordsOf(kind, name, facts, subject) {
  const columns = kind === "raw" ? Object.keys(facts.fields) : facts.columns.filter((column) => !["STUDYID", "DOMAIN", "USUBJID"].includes(column));
  const records = await site.ofSubject(kind, name, subject);
  const rows = records.map((record) => site.h("tr", {}, columns.map((column) => {
    const value = site.of(record, column);
    return site.h("td", {}, kind === "raw" ? site.shown(value) : site.link(site.toCell(name, record.place, column), value === null ? "" : value, { "aria-label": value === null ? `${column}: missing` : null }));
  })));
  return site.plainTable(site.counted(records.length, "record"), columns, rows, { class: "records" });
}

"use strict";
// Everything that the data holds reaches the page through text nodes and set attributes, never as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const state = { shop: 0, period: null, language: "en", step: null, customer: null, theme: null };

function h(tag, attributes, ...children) {
  const node = tag === "svg" || tag === "path" || tag === "circle"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") { for (const [event, act] of Object.entries(value)) node.addEventListener(event, act); }
    else if (name === "css") { for (const [key, item] of Object.entries(value)) node.style.setProperty(key, item); }
    else if (name === "value") { node.value = value; }
    else { node.setAttribute(name, value === true ? "" : String(value)); }
  }
  for (const child of children.flat(3)) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
  return node;
}

// ---- words
function t(name, values) {
  const label = data.labels[name];
  const text = label ? label[state.language] || label.en : humane(name);
  return text.replace(/\{(\w+)\}/g, (whole, key) => (values && key in values ? String(values[key]) : whole));
}
function humane(name) { return String(name ?? "").replaceAll("_", " "); }
function named(list, name) {
  const found = list.find((item) => item.name === name);
  return found ? found[state.language] || found.en : humane(name);
}
function stepName(name) { return name === "identify" || name === "unplaced" ? t(name) : named(data.steps, name); }
function shortName(name) { return stepName(name).replace(/ \([^)]*\)$/, ""); }
function stageName(name) { return named(data.stages, name); }

// ---- numbers
const absent = "–";
function locale() { return { en: "en-GB", es: "es-ES", it: "it-IT" }[state.language]; }
function count(value) {
  if (value === null || value === undefined) return absent;
  return new Intl.NumberFormat(locale(), { useGrouping: "always" }).format(value);
}
function decimal(value, digits = 1) {
  if (value === null || value === undefined) return absent;
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}
function percent(value, digits = 1) {
  if (value === null || value === undefined) return absent;
  return decimal(value * 100, digits) + " %";
}
function range(low, high) {
  if (low === null || low === undefined) return "";
  const digits = high - low < 0.05 ? 1 : 0;
  return decimal(low * 100, digits) + "–" + decimal(high * 100, digits);
}
function money(value, currency) {
  if (value === null || value === undefined) return absent;
  const options = { maximumFractionDigits: 0, useGrouping: "always" };
  try {
    return new Intl.NumberFormat(locale(), { ...options, style: "currency", currency: currency }).format(value);
  } catch { return new Intl.NumberFormat(locale(), options).format(value) + (currency ? " " + currency : ""); }
}
function duration(seconds) {
  if (seconds === null || seconds === undefined) return absent;
  if (seconds < 90) return Math.round(seconds) + " s";
  if (seconds < 5400) return Math.round(seconds / 60) + " min";
  if (seconds < 172800) return Math.round(seconds / 3600) + " h";
  return count(Math.round(seconds / 86400)) + " " + t("days");
}
function when(iso, options) {
  if (!iso) return absent;
  const wanted = options || { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" };
  try { return new Intl.DateTimeFormat(locale(), { ...wanted, timeZone: shop().time_zone }).format(new Date(iso)); }
  catch { return new Intl.DateTimeFormat(locale(), { ...wanted, timeZone: "UTC" }).format(new Date(iso)); }
}
function periodName(iso) {
  if (!iso) return absent;
  const months = shop().periods.every((item) => item.period.endsWith("-01"));
  const options = months ? { month: "long", year: "numeric" } : { day: "numeric", month: "short", year: "numeric" };
  return new Intl.DateTimeFormat(locale(), { ...options, timeZone: "UTC" }).format(new Date(iso));
}

// ---- what is chosen
const emptyShop = { name: "", currency: null, time_zone: "UTC", as_of: null, cart_as_of: null, periods: [], sessions: [] };
const emptyPeriod = {
  period: null, is_mature: false, coverage_rate: null, counts: {}, tiles: [], strip: [], segments: [], last_acts: [],
  examples: [], friction: [], sentence: null, flow: [],
};
function shop() { return data.shops[state.shop] || emptyShop; }
function period() { return shop().periods.find((item) => item.period === state.period) || emptyPeriod; }
function customersOfShop() {
  return Object.entries(data.customers).filter(([, about]) => about.shop === shop().name);
}
function sum(rows, name) { return rows.reduce((total, row) => total + (row[name] || 0), 0); }

// ---- the 95 % Wilson interval
function wilson(part, total) {
  if (!total) return [null, null];
  const z = 1.959963984540054, share = part / total, scale = 1 + z * z / total;
  const centre = share + z * z / (2 * total);
  const spread = z * Math.sqrt(share * (1 - share) / total + z * z / (4 * total * total));
  return [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)];
}

// ---- a table: heads are [text, isNumber], cells are text or nodes
function table(caption, heads, rows) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "sr" }, caption),
      h("thead", {}, h("tr", {}, heads.map(([text, isNumber]) => h("th", { scope: "col", class: isNumber ? "n" : "" }, text)))),
      h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell, index) =>
        h("td", { class: heads[index][1] ? "n" : "text" }, cell)))))));
}

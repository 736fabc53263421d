// The figures that Plotly draws: stage flow and sessions over time. Colours come from the style sheet.
function colour(name) { return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim(); }
// A colour that lets crossing ribbons be told apart.
function veil(hex) {
  return "rgba(" + [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).join(",") + ",0.42)";
}
function inert(text) { return String(text ?? "").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"); }
const plotConfig = { displayModeBar: false, responsive: true, displaylogo: false };

function plotLayout(more) {
  const axis = { gridcolor: colour("line"), linecolor: colour("line"), zeroline: false, tickcolor: colour("line"), fixedrange: true };
  return {
    paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 44, r: 8, t: 8, b: 34 },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("soft") },
    hoverlabel: { bgcolor: colour("paper"), bordercolor: colour("line"), font: { color: colour("ink"), size: 12 } },
    showlegend: false, ...more, xaxis: { ...axis, showgrid: false, ...(more.xaxis || {}) }, yaxis: { ...axis, ...(more.yaxis || {}) },
  };
}

function drawFlow() {
  const rows = period().flow;
  const kind = (names) => rows.filter((row) => names.includes(row.direction));
  const plot = h("div", { class: "plot", id: "flow-plot", role: "img", "aria-label": flowSpoken(kind(["advance", "skip"])) });
  const section = h("section", { id: "stages", "aria-labelledby": "flow-title" },
    h("div", { class: "title" }, h("h2", { id: "flow-title" }, t("flow")), ask("stage_flow", sum(rows, "transition_count"))));
  if (!rows.length) { section.append(h("p", { class: "soft" }, t("no_data"))); return section; }
  section.append(h("div", { class: "flows" },
    h("div", {}, h("h3", {}, t("flow_forward")), plot),
    h("div", {},
      h("h3", {}, t("flow_back")), flowList(kind(["regress"])),
      h("h3", { css: { "margin-top": "22px" } }, t("flow_again")), h("small", {}, t("flow_again_note")), flowList(kind(["renew"])))));
  return section;
}

// Plotly knows English months only; elsewhere dates are written in numbers.
function dateTicks() {
  const day = state.language === "en" ? "%-d %b" : "%-d/%-m";
  const month = state.language === "en" ? "%b %Y" : "%-m/%Y";
  return {
    tickformatstops: [
      { dtickrange: [null, 43200000], value: "%H:%M<br>" + day }, { dtickrange: [43200001, 1209600000], value: day },
      { dtickrange: [1209600001, null], value: month },
    ],
    hoverformat: day + " %Y",
  };
}

function flowSpoken(rows) {
  return rows.map((row) => stageName(row.from_stage) + " → " + stageName(row.to_stage) + ": " + row.transition_count).join("; ");
}

function flowList(rows) {
  if (!rows.length) return h("p", {}, h("small", {}, t("none_here")));
  return h("ol", { class: "list" }, rows.slice(0, 8).map((row) => h("li", {},
    h("span", {}, stageName(row.from_stage) + " → " + stageName(row.to_stage), h("br"),
      h("small", {}, count(row.customer_count) + " " + t("customers") + ", " + t("median_after", { time: duration(row.median_seconds) }))),
    h("span", { class: "num" }, count(row.transition_count)))));
}

function plotFlow() {
  const node = document.getElementById("flow-plot");
  if (!node) return;
  const rows = period().flow.filter((row) => row.direction === "advance" || row.direction === "skip");
  const order = data.stages.map((stage) => stage.name);
  const names = [...new Set(rows.flatMap((row) => [row.from_stage, row.to_stage]))];
  const place = (name) => { const at = order.indexOf(name); return at < 0 ? -1 : at; };
  names.sort((a, b) => place(a) - place(b));
  if (!names.length) { node.replaceChildren(h("small", {}, t("none_here"))); return; }
  const through = (name) => Math.max(...["from_stage", "to_stage"].map((end) => sum(rows.filter((row) => row[end] === name), "transition_count")));
  // Five stages side by side need room; a phone gets the same numbers as a list.
  if (node.clientWidth < 460) { node.removeAttribute("role"); node.replaceChildren(flowList(rows)); return; }
  const first = place(names[0]), last = place(names[names.length - 1]);
  const along = (name) => Math.min(0.999, Math.max(0.001, (place(name) - first) / Math.max(1, last - first)));
  Plotly.newPlot(node, [{
    type: "sankey", orientation: "h", arrangement: "snap",
    node: {
      label: names.map((name) => inert(stageName(name)) + " " + count(through(name))), color: names.map(() => colour("ink")), thickness: 10, pad: 26,
      line: { width: 0 }, x: names.map(along), y: names.map((name, index) => 0.36 + 0.2 * (index % 2)),
      hovertemplate: "%{label}<br>%{value:,}<extra></extra>",
    },
    link: {
      source: rows.map((row) => names.indexOf(row.from_stage)), target: rows.map((row) => names.indexOf(row.to_stage)),
      value: rows.map((row) => row.transition_count), color: rows.map(() => veil(colour("bar"))),
      hovertemplate: "%{source.label} → %{target.label}<br>%{value:,}<extra></extra>",
    },
    textfont: { color: colour("ink"), size: 13, shadow: "none" },
  }], plotLayout({ height: 330, margin: { l: 6, r: 6, t: 14, b: 14 } }), plotConfig);
}

// ---- sessions: days, or weeks where days would be too many bars
function sessionBuckets() {
  const rows = shop().sessions;
  const days = new Set(rows.map((row) => row.day)).size;
  const weekly = days > 92;
  const start = (day) => {
    if (!weekly) return day;
    const date = new Date(day + "T00:00:00Z");
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
    return date.toISOString().slice(0, 10);
  };
  const buckets = new Map(), channels = new Map();
  for (const row of rows) {
    const key = start(row.day);
    const bucket = buckets.get(key) || { sessions: 0, orders: 0 };
    bucket.sessions += row.session_count; bucket.orders += row.order_count;
    buckets.set(key, bucket);
    const channel = channels.get(row.channel_group) || { sessions: 0, orders: 0, series: new Map() };
    channel.sessions += row.session_count; channel.orders += row.order_count;
    channel.series.set(key, (channel.series.get(key) || 0) + row.session_count);
    channels.set(row.channel_group, channel);
  }
  return { weekly, keys: [...buckets.keys()].sort(), buckets, channels };
}

function drawSessions() {
  const found = sessionBuckets();
  const total = sum(shop().sessions, "session_count");
  const section = h("section", { id: "sessions", "aria-labelledby": "sessions-title" },
    h("div", { class: "title" }, h("h2", { id: "sessions-title" }, t("sessions")), ask("sessions", total),
      h("p", {}, count(total) + " " + t("sessions_word") + ", " + t(found.weekly ? "weekly" : "daily"))));
  if (!total) { section.append(h("p", { class: "soft" }, t("no_data"))); return section; }
  const rows = [...found.channels].sort((a, b) => b[1].sessions - a[1].sessions).slice(0, 14).map(([name, channel]) => [
    humane(name), sparkline(found.keys.map((key) => channel.series.get(key) || 0)), count(channel.sessions),
    percent(channel.sessions / total), count(channel.orders),
    channel.sessions < 30 ? "n < 30" : [percent(channel.orders / channel.sessions), " ", h("small", {}, range(...wilson(channel.orders, channel.sessions)))],
  ]);
  section.append(
    h("div", { class: "key" },
      h("span", {}, h("span", { class: "bar", "aria-hidden": "true" }, h("i", { css: { background: "var(--ink)" } })), t("with_order")),
      h("span", {}, h("span", { class: "bar", "aria-hidden": "true" }, h("i", { css: { background: "var(--bar-soft)" } })), t("without_order"))),
    h("div", { class: "plot", id: "sessions-plot", role: "img", "aria-label": t("sessions") }),
    table(t("sessions"), [[t("channel"), false], [t("trend"), false], [capital(t("sessions_word")), true], ["%", true], [capital(t("orders")), true], [t("order_rate"), true]], rows));
  return section;
}

function sparkline(values) {
  const most = Math.max(1, ...values), step = values.length > 1 ? 126 / (values.length - 1) : 0;
  const points = values.map((value, index) => [2 + index * step, 20 - (18 * value) / most]);
  const path = points.map(([x, y], index) => (index ? "L" : "M") + x.toFixed(1) + " " + y.toFixed(1)).join("");
  const [x, y] = points[points.length - 1];
  return h("svg", { class: "spark", viewBox: "0 0 130 22", role: "img", "aria-label": values.join(", ") },
    h("path", { d: path }), h("circle", { cx: x, cy: y, r: 1.8 }));
}

function plotSessions() {
  const node = document.getElementById("sessions-plot");
  if (!node) return;
  const { keys, buckets } = sessionBuckets();
  const orders = keys.map((key) => buckets.get(key).orders);
  const others = keys.map((key) => buckets.get(key).sessions - buckets.get(key).orders);
  const bar = (values, shade, name) => ({ type: "bar", x: keys, y: values, marker: { color: shade }, name: inert(name), hovertemplate: "%{x}<br>%{y:,} " + inert(name) + "<extra></extra>" });
  Plotly.newPlot(node, [bar(orders, colour("ink"), t("with_order")), bar(others, colour("bar-soft"), t("without_order"))],
    plotLayout({ height: 210, barmode: "stack", bargap: 0.25, xaxis: { type: "date", ...dateTicks() }, yaxis: { rangemode: "tozero" } }), plotConfig);
}

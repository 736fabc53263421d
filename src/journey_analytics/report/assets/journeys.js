// One customer's journey: a chooser, the timeline by channel, and the story by session.
function showCustomer(key) {
  state.customer = key;
  redraw("journey");
  const section = document.getElementById("journey");
  section.scrollIntoView({ block: "start" });
  section.querySelector("select").focus({ preventScroll: true });
}

function customerName(key, about) { return about.customer_id || key.slice(0, 12); }

function drawJourney() {
  const all = customersOfShop();
  const section = h("section", { id: "journey", "aria-labelledby": "journey-title" },
    h("div", { class: "title" }, h("h2", { id: "journey-title" }, t("journey"))));
  if (!all.length) { section.append(h("p", { class: "soft" }, t("no_data"))); return section; }
  if (!all.some(([key]) => key === state.customer)) state.customer = all[0][0];
  const about = data.customers[state.customer];
  section.firstChild.append(ask("journey", about.touchpoint_count));
  const select = h("select", { id: "customer", on: { change: (event) => { state.customer = event.target.value; redraw("journey", "#customer"); } } });
  const fill = (wanted) => {
    const text = wanted.trim().toLowerCase();
    const found = all.filter(([key, item]) => !text || key.startsWith(text) || customerName(key, item).toLowerCase().includes(text));
    select.replaceChildren(...found.map(([key, item]) => h("option", { value: key, selected: key === state.customer },
      customerName(key, item) + " · " + count(item.touchpoint_count) + " " + t("touchpoints") + " · " + t("orders") + ": " + count(item.order_count || 0))));
    return found;
  };
  fill("");
  const search = h("input", {
    type: "search", id: "customer-search", autocomplete: "off",
    on: {
      input: (event) => fill(event.target.value),
      change: (event) => { const found = fill(event.target.value); if (found.length) { state.customer = found[0][0]; redraw("journey", "#customer"); } },
    },
  });
  section.append(
    h("div", { class: "choose" }, h("label", {}, t("search_customer"), search), h("label", {}, t("choose_customer"), select)),
    h("small", {}, t("customer_note", { n: count(all.length) })),
    h("div", { class: "key", css: { "margin-top": "12px" } },
      h("span", {}, "● " + t("customer_acts")), h("span", {}, "○ " + t("company_acts")), h("span", {}, "◆ " + t("orders")), h("span", { class: "lostnum" }, "✕ " + t("abandoned_word"))),
    h("div", { class: "plot", id: "journey-plot", role: "img", "aria-label": t("journey") + " " + customerName(state.customer, about) }),
    h("div", { class: "story", tabindex: "0", role: "region", "aria-label": t("journey") }, story(about)));
  return section;
}

// The verdicts on the customer's carts stand in the story where they fell.
function verdicts(about) {
  return about.carts.filter((cart) => cart.abandoned_at).map((cart) => ({ at: cart.abandoned_at, cart: cart }));
}

function story(about) {
  const parts = [];
  const waiting = verdicts(about).sort((a, b) => (a.at < b.at ? -1 : 1));
  const tell = (until) => {
    while (waiting.length && (until === null || waiting[0].at <= until)) {
      const { at, cart } = waiting.shift();
      parts.push(h("p", { class: "verdict" }, "✕ " + [when(at), t("abandoned_word") + ": " + stepName(cart.abandoned_at_step || "unplaced"),
        cart.step_rule ? humane(cart.step_rule) : null, money(cart.value, cart.currency)].filter(Boolean).join(" · ")));
      list = null;
    }
  };
  let list = null, session, day = null, last = null;
  if (about.touchpoint_count > about.touchpoints.length) parts.push(h("p", { class: "gap" }, t("shown_last", { n: count(about.touchpoints.length) })));
  for (const touch of about.touchpoints) {
    tell(touch.occurred_at);
    const seconds = last ? (new Date(touch.occurred_at) - new Date(last)) / 1000 : 0;
    if (seconds > 21600) { parts.push(h("p", { class: "gap" }, t("later", { time: duration(seconds) }))); list = null; }
    const today = when(touch.occurred_at, { weekday: "short", day: "numeric", month: "short", year: "numeric" });
    if (!list || touch.session !== session || today !== day) {
      session = touch.session; day = today;
      list = h("ol", {});
      parts.push(h("h3", {}, today + " · " + (session ? t("session", { n: session }) : t("outside"))), list);
    }
    list.append(line(touch, about));
    last = touch.occurred_at;
  }
  tell(null);
  return parts;
}

function line(touch, about) {
  const kind = touch.event_type === "order_placed" ? "order" : touch.is_interactive ? "" : "other";
  const more = [touch.checkout_step ? stepName(touch.checkout_step) : null, touch.outcome ? humane(touch.outcome) : null, touch.detail,
    touch.value ? money(touch.value, about.currency || shop().currency) : null, touch.stage ? stageName(touch.stage) : null].filter(Boolean);
  return h("li", { class: kind }, h("span", { class: "soft" }, when(touch.occurred_at, { hour: "2-digit", minute: "2-digit" })),
    h("span", {}, humane(touch.channel)), h("span", {}, humane(touch.event_type || ""), " ", h("small", {}, more.join(" · "))));
}

function plotJourney() {
  const node = document.getElementById("journey-plot");
  if (!node) return;
  const about = data.customers[state.customer];
  const touches = about.touchpoints;
  const lanes = [...new Set(touches.map((touch) => touch.channel || "–"))].reverse();
  const groups = {
    other: { symbol: "circle-open", size: 8, color: colour("bar") }, act: { symbol: "circle", size: 8, color: colour("ink") },
    order: { symbol: "diamond", size: 13, color: colour("ink") },
  };
  const kindOf = (touch) => (touch.event_type === "order_placed" ? "order" : touch.is_interactive ? "act" : "other");
  const traces = Object.entries(groups).map(([kind, marker]) => {
    const mine = touches.filter((touch) => kindOf(touch) === kind);
    return {
      type: "scatter", mode: "markers", x: mine.map((touch) => local(touch.occurred_at)), y: mine.map((touch) => inert(humane(touch.channel || "–"))),
      text: mine.map((touch) => inert([humane(touch.event_type || ""), touch.checkout_step ? stepName(touch.checkout_step) : "", touch.detail || ""].filter(Boolean).join(" · ").slice(0, 90))),
      marker: { ...marker, opacity: 0.85, line: { width: 1, color: kind === "other" ? marker.color : colour("paper") } },
      hovertemplate: "%{x|%Y-%m-%d %H:%M}<br>%{text}<extra></extra>",
    };
  });
  const lost = verdicts(about);
  traces.push({
    type: "scatter", mode: "markers", x: lost.map((item) => local(item.at)), y: lost.map(() => lanes.includes("cart") ? "cart" : inert(humane(lanes[0]))),
    text: lost.map((item) => inert(t("abandoned_word") + ": " + stepName(item.cart.abandoned_at_step || "unplaced"))),
    marker: { symbol: "x-thin", size: 11, line: { width: 2.5, color: colour("accent") } }, hovertemplate: "%{x|%Y-%m-%d %H:%M}<br>%{text}<extra></extra>",
  });
  Plotly.newPlot(node, traces, plotLayout({
    height: Math.max(140, 64 + 26 * lanes.length), margin: { l: 8, r: 14, t: 6, b: 40 }, hovermode: "closest",
    xaxis: { type: "date", fixedrange: false, ...dateTicks(), nticks: node.clientWidth < 460 ? 4 : 9 },
    yaxis: { categoryorder: "array", categoryarray: lanes.map((lane) => inert(humane(lane))), automargin: true, type: "category" },
  }), plotConfig);
}

// Plotly draws times as written: write them in the shop's time zone.
function local(iso) {
  const parts = {};
  const options = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  let format;
  try { format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: shop().time_zone }); }
  catch { format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }); }
  for (const part of format.formatToParts(new Date(iso))) parts[part.type] = part.value;
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}:${parts.second}`;
}

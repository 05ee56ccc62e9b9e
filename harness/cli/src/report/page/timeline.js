"use strict";
// Draws histories: a lane a session, time downwards, a line an event, what is proved lit. Only the part
// that is looked at is drawn, from the data in the page.
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 24, HEAD = 30, TIME = 92, CHAR = 7.3, LANE_MIN = 118, ROWS = 160, KEYS_MAX = 1000;
  const [INDEX, SESSION, REGISTER, FROM, TO, FROM_TIME, TO_TIME, TEXT] = [0, 1, 2, 3, 4, 5, 6, 7];
  const all = JSON.parse(document.getElementById("timelines").textContent);

  const element = (name, parent, text, attributes = {}) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };
  const shape = (name, parent, attributes, text) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  };
  const short = (text, width) => {
    const room = Math.max(4, Math.floor(width / CHAR)), letters = Array.from(text);
    return letters.length <= room ? text : letters.slice(0, room - 1).join("") + "…";
  };
  const number = (value) => String(Math.floor(value * 1000) / 1000);
  const timeText = (value, inNs) => {
    if (!inNs) return String(value);
    if (value < 1e3) return value + " ns";
    if (value < 1e6) return number(value / 1e3) + " us";
    return value < 1e9 ? number(value / 1e6) + " ms" : number(value / 1e9) + " s";
  };

  class Timeline {
    constructor(place, data) {
      this.place = place;
      this.data = data;
      this.proof = 0;
      this.first = 0;
      this.onlyProof = false;
      this.chosen = null;
      const lit = this.litNumbers();
      const registers = new Set(data.operations.filter((o) => lit.has(o[INDEX])).map((o) => o[REGISTER]));
      // What is proved of one key is seen best among the operations of that key.
      this.register = registers.size === 1 && data.operations.length > 40 ? [...registers][0] : null;
      this.controls = element("div", place, undefined, { class: "controls" });
      this.drawing = element("div", place, undefined, { class: "drawing", tabindex: "0" });
      this.says = element("output", place, "tap an operation to see all of it", { class: "quiet" });
      this.showProof(0);
    }

    litNumbers() {
      return new Set(this.data.proofs[this.proof] ? this.data.proofs[this.proof].operations : []);
    }

    showProof(proof) {
      this.proof = proof;
      const lit = this.litNumbers();
      const registers = new Set(this.data.operations.filter((o) => lit.has(o[INDEX])).map((o) => o[REGISTER]));
      if (this.register !== null && !registers.has(this.register)) this.register = null;
      // What lies far apart is seen together without what lies between.
      this.onlyProof = false;
      const at = this.litRows();
      this.onlyProof = at.length > 0 && at[at.length - 1] - at[0] >= ROWS;
      this.goToLit();
    }

    litRows() {
      const lit = this.litNumbers(), at = [];
      this.rows().forEach((row, i) => { if (row.some((end) => lit.has(end.operation[INDEX]))) at.push(i); });
      return at;
    }

    // To the first lit row from there on, or else the first.
    goToLit(from = 0) {
      const rows = this.litRows();
      const at = rows.find((row) => row >= from) ?? rows[0] ?? 0;
      this.first = Math.max(0, at - 20);
      this.draw();
    }

    // The operations that are looked at.
    operations() {
      const lit = this.litNumbers();
      return this.data.operations.filter((o) =>
        (this.register === null || o[REGISTER] === this.register) && (!this.onlyProof || lit.has(o[INDEX])));
    }

    // The events in order, a line each; an operation during which nothing else happens is one line.
    rows() {
      const key = `${this.register} ${this.onlyProof && this.proof}`;
      if (this.laidOut !== key) {
        this.laidOut = key;
        this.layOut();
      }
      return this.cached;
    }

    // In which row each operation of the rows begins and ends; without an answer, where its session goes on.
    layOut() {
      const rows = this.cached = this.eventRows();
      this.from = new Map();
      this.to = new Map();
      const open = new Map();
      rows.forEach((row, at) => row.forEach(({ operation, isEnd }) => {
        (isEnd ? this.to : this.from).set(operation, at);
        if (isEnd) return;
        const before = open.get(operation[SESSION]);
        if (before) this.to.set(before, Math.max(this.from.get(before), at - 1));
        if (operation[TO] === null) open.set(operation[SESSION], operation);
        else open.delete(operation[SESSION]);
      }));
      open.forEach((operation) => this.to.set(operation, rows.length - 1));
    }

    eventRows() {
      const ends = [];
      for (const operation of this.operations()) {
        ends.push({ at: operation[FROM], operation, isEnd: false });
        if (operation[TO] !== null) ends.push({ at: operation[TO], operation, isEnd: true });
      }
      ends.sort((a, b) => a.at - b.at);
      const rows = [];
      for (const end of ends) {
        const last = rows[rows.length - 1];
        if (end.isEnd && last && last.length === 1 && last[0].operation === end.operation) last.push(end);
        else rows.push([end]);
      }
      return rows;
    }

    draw() {
      const rows = this.rows(), lit = this.litNumbers();
      this.first = Math.min(this.first, Math.max(0, rows.length - ROWS));
      const until = Math.min(rows.length, this.first + ROWS);
      const { from, to } = this;
      const shown = [...from.keys()].filter((o) => from.get(o) < until && to.get(o) >= this.first);
      const sessions = [...new Set(shown.map((o) => o[SESSION]))].sort((a, b) => a - b);
      this.drawControls(rows.length, until);
      this.drawing.replaceChildren();
      const room = Math.max(280, this.drawing.clientWidth || 320) - TIME;
      const lane = Math.max(LANE_MIN, Math.floor(room / Math.max(1, sessions.length)));
      const width = TIME + lane * Math.max(1, sessions.length), height = HEAD + ROW * (until - this.first) + 8;
      const svg = shape("svg", this.drawing, {
        width, height, role: "img", "aria-label": `${shown.length} operations of ${sessions.length} sessions on a time line`,
      });
      sessions.forEach((session, i) => {
        shape("text", svg, { x: TIME + lane * i, y: 20, class: "lane" }, `session ${session}`);
        shape("line", svg, { x1: TIME + lane * i + 3.5, x2: TIME + lane * i + 3.5, y1: HEAD, y2: height, class: "rule" });
      });
      this.drawTimes(svg, rows, until);
      const ordered = shown.sort((a, b) => lit.has(a[INDEX]) - lit.has(b[INDEX]));
      for (const o of ordered) {
        this.drawOperation(svg, o, {
          x: TIME + lane * sessions.indexOf(o[SESSION]), lane,
          top: Math.max(from.get(o), this.first) - this.first, bottom: Math.min(to.get(o), until - 1) - this.first, isLit: lit.has(o[INDEX]),
        });
      }
    }

    drawTimes(svg, rows, until) {
      const time = (row) => (row[0].isEnd ? row[0].operation[TO_TIME] : row[0].operation[FROM_TIME]);
      const start = rows.length && this.data.is_in_ns ? time(rows[0]) : 0;
      let last = null;
      for (let at = this.first; at < until; at++) {
        const text = timeText(time(rows[at]) - start, this.data.is_in_ns);
        if (text !== last) shape("text", svg, { x: TIME - 10, y: HEAD + ROW * (at - this.first) + 16, "text-anchor": "end" }, text);
        last = text;
      }
    }

    drawOperation(svg, o, { x, lane, top, bottom, isLit }) {
      const classes = ["operation", isLit && "lit", o[TO] === null && "open", this.chosen === o && "chosen"];
      const group = shape("g", svg, { class: classes.filter(Boolean).join(" "), "data-operation": o[INDEX] });
      const y = HEAD + ROW * top;
      shape("rect", group, { class: "hit", x: x - 1, y: y + 1, width: lane - 6, height: ROW - 2, rx: 4 });
      shape("rect", group, { x: x + 1, y: y + 4, width: 5, height: ROW * (bottom - top) + ROW - 8, rx: 2.5 });
      const text = `#${o[INDEX]} ${o[TEXT]}`.replace(/ -> ok$/, "");
      shape("text", group, { x: x + 12, y: y + 16 }, short(this.withoutKey(text), lane - 24));
      shape("title", group, {}, text);
      group.addEventListener("click", () => { this.chosen = o; this.say(o); this.draw(); });
    }

    // Where all is of one key, which the controls name, each operation need not.
    withoutKey(text) {
      const only = this.data.registers.length === 1 ? 0 : this.register;
      return only === null ? text : text.replace(` ${this.data.registers[only]}`, "");
    }

    say(o) {
      const inNs = this.data.is_in_ns, end = o[TO_TIME] === null ? "never answered" : "to " + timeText(o[TO_TIME], inNs);
      this.says.className = "";
      this.says.textContent = `#${o[INDEX]} session ${o[SESSION]}: ${o[TEXT]}; from ${timeText(o[FROM_TIME], inNs)} ${end}`;
    }

    drawControls(count, until) {
      const { controls, data } = this;
      controls.replaceChildren();
      const button = (text, isOff, act) => {
        const made = element("button", controls, text, { type: "button" });
        made.disabled = isOff;
        made.addEventListener("click", act);
      };
      const select = (label, options, value, act) => {
        const made = element("select", controls, undefined, { "aria-label": label });
        options.forEach(([key, text]) => element("option", made, text, { value: key }));
        made.value = value;
        made.addEventListener("change", () => act(made.value));
      };
      if (data.registers.length === 1) element("span", controls, `key ${data.registers[0]}`);
      if (data.registers.length > 1) {
        const lit = this.litNumbers(), first = new Set(data.operations.filter((o) => lit.has(o[INDEX])).map((o) => o[REGISTER]));
        if (this.register !== null) first.add(this.register);
        const others = data.registers.map((_, i) => i).filter((i) => !first.has(i));
        const keys = [...first, ...others].slice(0, KEYS_MAX).map((i) => [String(i), short(data.registers[i], 300)]);
        select("key", [["", `all ${data.registers.length} keys`], ...keys], this.register === null ? "" : String(this.register),
          (value) => { this.register = value === "" ? null : Number(value); this.goToLit(); });
      }
      if (data.proofs.length > 1) {
        select("proof", data.proofs.map((proof, i) => [String(i), proof.title]), String(this.proof), (value) => this.showProof(Number(value)));
      }
      if (data.proofs.length && data.operations.length > this.litNumbers().size) {
        button(this.onlyProof ? "all operations" : "only the proof", false, () => { this.onlyProof = !this.onlyProof; this.goToLit(); });
      }
      if (count > ROWS) {
        button("↑ earlier", this.first === 0, () => { this.first = Math.max(0, this.first - ROWS + 20); this.draw(); });
        button("later ↓", until === count, () => { this.first += ROWS - 20; this.draw(); });
        if (data.proofs.length) button("next of the proof", false, () => this.goToLit(until));
        element("span", controls, `events ${this.first + 1} to ${until} of ${count}`);
      }
      if (data.left_out) element("span", controls, `${data.left_out} more operations are not in this page`);
    }
  }

  // What is hidden has no width yet: it is drawn when it is opened.
  const drawn = new Map();
  const open = (place) => {
    const hiding = place.parentElement.closest("details:not([open])");
    if (!hiding && !drawn.has(place)) drawn.set(place, new Timeline(place, all[Number(place.dataset.timeline)]));
  };
  const places = [...document.querySelectorAll(".timeline")];
  places.forEach(open);
  document.addEventListener("toggle", () => places.forEach(open), true);
  // The address may name a failure: it is opened.
  const openNamed = () => {
    const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = named; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    places.forEach(open);
    if (named) named.scrollIntoView();
  };
  window.addEventListener("hashchange", openNamed);
  openNamed();
  let width = window.innerWidth;
  window.addEventListener("resize", () => {
    if (window.innerWidth !== width) { width = window.innerWidth; drawn.forEach((timeline) => timeline.draw()); }
  });
  document.querySelectorAll("[data-show]").forEach((button) => button.addEventListener("click", () => {
    const timeline = drawn.get(places[0]);
    timeline.showProof(Number(button.dataset.show));
    timeline.place.scrollIntoView();
  }));
})();

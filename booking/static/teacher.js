// The date page with a script: one press on a slot gives it the next choice; the list beside the calendar orders them.
// The selects stay the form's truth, so what is sent is the same with and without this file.
(() => {
  "use strict";
  const panel = document.getElementById("ranks");
  const selects = [...document.querySelectorAll(".slot select")];
  if (!panel || !selects.length) return;
  const words = panel.dataset;
  const said = document.getElementById("said");
  const count = document.getElementById("count");
  const MOST = 5;
  const slots = new Map();
  const form = panel.closest("form");

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const nth = (rank) => words.nth.replace("#", rank);
  const say = (text) => { said.textContent = ""; requestAnimationFrame(() => { said.textContent = text; }); };

  for (const select of selects) {
    const box = select.closest(".slot");
    const label = box.querySelector("label");
    const [date, half, word, percent] = [...label.children].map((part) => part.textContent.trim());
    const odds = label.querySelector(".chance");
    const button = make("button", "pick");
    button.type = "button";
    for (const part of label.children) button.append(part.cloneNode(true), " ");
    box.insertBefore(button, box.querySelector(".near"));
    select.tabIndex = -1;
    select.setAttribute("aria-hidden", "true");
    label.setAttribute("aria-hidden", "true");
    const slot = { id: select.name.slice(1), select, box, button, name: `${date} ${half}`, load: `${percent} ${word}`, odds, full: box.classList.contains("slot--full") };
    slots.set(slot.id, slot);
    button.addEventListener("click", () => press(slot));
    select.addEventListener("change", () => { draw(); tell(); });
  }

  const ranked = () => [...slots.values()].filter((slot) => /^[1-5]$/.test(slot.select.value)).sort((a, b) => a.select.value - b.select.value);
  const possible = () => [...slots.values()].filter((slot) => slot.select.value === "may");
  const order = (list) => list.forEach((slot, index) => { slot.select.value = String(index + 1); });

  function press(slot) {
    if (slot.select.value) {
      slot.select.value = "";
      order(ranked());
      draw();
      tell();
      say(`${slot.name}, ${words.none}`);
      return;
    }
    const held = ranked().length;
    slot.select.value = held < MOST ? String(held + 1) : "may";
    draw();
    tell();
    say(held < MOST ? `${slot.name}, ${nth(held + 1)}` : words.full);
  }

  function tool(text, name, enabled, action, sign) {
    const button = make("button");
    button.type = "button";
    button.disabled = !enabled;
    if (sign) {
      const mark = make("span", "sign", sign);
      mark.setAttribute("aria-hidden", "true");
      button.append(mark, make("span", "visually-hidden", `${text} ${name}`));
    } else {
      button.append(text, make("span", "visually-hidden", ` ${name}`));
    }
    button.addEventListener("click", action);
    return button;
  }

  function again(slot, key) {
    draw();
    tell();
    const button = panel.querySelector(`[data-slot="${slot.id}"] [data-key="${key}"]:not([disabled])`)
      || panel.querySelector(`[data-slot="${slot.id}"] button:not([disabled])`);
    (button || slot.button).focus();
    say(`${slot.name}, ${slot.select.value === "may" ? words.possible : slot.select.value ? nth(slot.select.value) : words.none}`);
  }

  function tip(slot) {
    const line = document.querySelector(`[data-for="${slot.id}"]`);
    if (!slot.full || !line) return null;
    const box = make("div", "tip", `${words.near}: `);
    for (const node of [...line.childNodes].slice(3)) box.append(node.cloneNode(true));
    return box;
  }

  function entry(slot, index, all) {
    const item = make("li");
    item.dataset.slot = slot.id;
    const may = slot.select.value === "may";
    item.append(make("span", "nth", may ? words.possible : nth(index + 1)), make("b", "", slot.name), make("span", "sub", slot.load));
    if (slot.odds && !may) item.lastChild.append(" ", slot.odds.cloneNode(true));
    const tools = make("span", "tools");
    const keyed = (button, key) => { button.dataset.key = key; tools.append(button); };
    if (may) {
      keyed(tool(words.rank, slot.name, ranked().length < MOST, () => { slot.select.value = String(ranked().length + 1); again(slot, "up"); }), "rank");
    } else {
      const swap = (other) => { [all[index], all[other]] = [all[other], all[index]]; order(all); };
      keyed(tool(words.up, slot.name, index > 0, () => { swap(index - 1); again(slot, "up"); }, "↑"), "up");
      keyed(tool(words.down, slot.name, index < all.length - 1, () => { swap(index + 1); again(slot, "down"); }, "↓"), "down");
      keyed(tool(words.may, slot.name, true, () => { slot.select.value = "may"; order(ranked()); again(slot, "rank"); }), "may");
    }
    keyed(tool(words.drop, slot.name, true, () => { slot.select.value = ""; order(ranked()); again(slot, "drop"); }), "drop");
    item.append(tools);
    if (!may) {
      item.dataset.rank = String(index + 1);
      if (all.length > 1) draggable(item, slot);
    }
    const better = tip(slot);
    if (better) item.append(better);
    return item;
  }

  // what was chosen has changed: whoever keeps it is told
  const tell = () => { if (form) form.dispatchEvent(new CustomEvent("chosen")); };

  function draw() {
    for (const slot of slots.values()) {
      const value = slot.select.value;
      slot.box.classList.toggle("slot--on", Boolean(value));
      slot.button.setAttribute("aria-pressed", String(Boolean(value)));
      slot.button.querySelectorAll(".tag").forEach((tag) => tag.remove());
      if (value) slot.button.querySelector("b").before(make("span", `tag${value === "may" ? " tag--may" : ""}`, value === "may" ? words.possible : words.tag.replace("#", value)), " ");
    }
    const first = ranked();
    const list = make("ul", "rank");
    first.forEach((slot, index) => list.append(entry(slot, index, first)));
    possible().forEach((slot, index) => list.append(entry(slot, index, [])));
    if (count) count.textContent = words.count.replace("#", first.length).replace("#", possible().length);
    panel.replaceChildren(...(list.children.length ? [list] : []));
  }

  // 끌어서 순위 바꾸기: the handle of a ranked line is dragged; the arrows beside it do the same for everybody else
  function draggable(item, slot) {
    const handle = make("span", "grip", "⠿");
    handle.setAttribute("aria-hidden", "true");
    item.prepend(handle);
    handle.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      const from = ranked().map((one) => one.id).join();
      item.classList.add("dragged");
      const move = (at) => {
        const others = [...panel.querySelectorAll("li[data-rank]")].filter((line) => line !== item);
        const below = others.find((line) => { const box = line.getBoundingClientRect(); return at.clientY < box.top + box.height / 2; });
        if (below) below.before(item);
        else if (others.length) others[others.length - 1].after(item);
      };
      const end = () => {
        document.removeEventListener("pointermove", move);
        document.removeEventListener("pointerup", end);
        document.removeEventListener("pointercancel", end);
        order([...panel.querySelectorAll("li[data-rank]")].map((line) => slots.get(line.dataset.slot)));
        if (ranked().map((one) => one.id).join() === from) draw();
        else again(slot, "up");
      };
      // the line moves in the list while it is held, which would end a capture by the handle
      document.addEventListener("pointermove", move);
      document.addEventListener("pointerup", end);
      document.addEventListener("pointercancel", end);
    });
  }

  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("[data-take]");
    const slot = link && slots.get(link.dataset.take);
    if (!slot) return;
    event.preventDefault();
    if (!slot.select.value) press(slot);
    slot.button.focus();
  });
  if (form) form.addEventListener("restored", draw);
  draw();
})();

// Keeps the dates of a request in the making: saved as they are chosen; while there is no connection they stay on this
// device, under the draft's number, and are offered again when the page is opened. Without this file the buttons save.
(() => {
  "use strict";
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const words = form.dataset;
  const key = `ilteo-draft-${words.draft}`;
  const version = form.elements.version;
  const said = document.getElementById("draft-said");
  const WAIT_MS = 600;
  const AGAIN_MS = 15000;
  let timer = 0;
  let saving = null;
  let unsaved = false;
  let stopped = false;

  const selects = () => [...form.querySelectorAll(".slot select")];
  const choices = () => Object.fromEntries(selects().filter((select) => select.value).map((select) => [select.name, select.value]));
  const same = (one, other) => JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
  const say = (text) => { if (said.textContent !== text) said.textContent = text; };

  // a browser may refuse to keep anything: then only the connection counts
  const keep = () => { try { localStorage.setItem(key, JSON.stringify({ choices: choices(), version: version.value })); } catch { /* see above */ } };
  const forget = () => { try { localStorage.removeItem(key); } catch { /* see above */ } };
  const kept = () => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };

  async function send() {
    unsaved = false;
    let answer;
    try {
      answer = await fetch(words.save, { method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual", keepalive: true });
    } catch {
      unsaved = true;
      say(words.kept);
      timer = setTimeout(save, AGAIN_MS);
      return;
    }
    if (answer.ok) {
      const stored = await answer.json();
      version.value = stored.version;
      if (unsaved) return;
      forget();
      say(`${words.saved} (${stored.at})`);
    } else if (answer.status === 409) {
      stopped = true;
      say(words.other.replace("#", (await answer.json()).by));
    } else if (answer.status >= 500) {
      unsaved = true;
      say(words.kept);
      timer = setTimeout(save, AGAIN_MS);
    } else {
      say(words.refused);
    }
  }

  async function save() {
    clearTimeout(timer);
    if (stopped) return;
    if (saving) await saving;
    saving = send();
    await saving;
    saving = null;
  }

  function changed() {
    unsaved = true;
    keep();
    clearTimeout(timer);
    timer = setTimeout(save, WAIT_MS);
  }

  form.addEventListener("chosen", changed);
  window.addEventListener("online", () => { if (unsaved) save(); });
  window.addEventListener("pagehide", () => { if (unsaved) save(); });

  // what is being saved has the page's version: the page is sent once it is known
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (!saving) return;
    event.preventDefault();
    const button = event.submitter;
    saving.then(() => form.requestSubmit(button));
  });

  function offer() {
    const found = kept();
    if (!found || !found.choices) return;
    const names = new Set(selects().map((select) => select.name));
    const usable = Object.fromEntries(Object.entries(found.choices).filter(([name]) => names.has(name)));
    if (same(usable, choices())) {
      forget();
      return;
    }
    const box = document.getElementById("draft-back");
    const name = (select) => [...select.closest(".slot").querySelector("label").children].slice(0, 2).map((part) => part.textContent.trim()).join(" ");
    const listed = Object.entries(usable).sort((one, other) => (one[1] < other[1] ? -1 : 1));
    document.getElementById("draft-back-what").textContent = listed
      .map(([slot, value]) => `${value === "may" ? words.may : words.nth.replace("#", value)} ${name(form.elements[slot])}`).join(" · ");
    box.hidden = false;
    document.getElementById("draft-take").addEventListener("click", () => {
      for (const select of selects()) select.value = usable[select.name] || "";
      // they were chosen on what stood there then: where another has saved since, both are shown
      version.value = found.version;
      form.dispatchEvent(new CustomEvent("restored"));
      box.hidden = true;
      changed();
    });
    document.getElementById("draft-drop").addEventListener("click", () => {
      forget();
      box.hidden = true;
    });
  }
  offer();
})();

// The board: a visit opens its choices in a dialog, and can be dragged to another slot. Both only lead to previews;
// without a script the visit is a link to the same choices.
(() => {
  "use strict";
  const board = document.getElementById("board");
  const dialog = document.getElementById("visit-dialog");
  if (!board || !dialog || !dialog.showModal) return;
  const visits = document.querySelectorAll("[data-visit]");
  const back = new URL(visits[0] ? visits[0].href : location.href).searchParams.get("back") || "";
  let dragged = null;

  const address = (visit, act, slot) => {
    const query = new URLSearchParams({ back });
    if (slot) query.set("slot", slot);
    return `${visit.dataset.visit}${act}?${query}${slot ? "#preview" : ""}`;
  };

  const open = (visit) => {
    dialog.querySelector("h2").textContent = visit.dataset.name;
    dialog.querySelectorAll("a[data-act]").forEach((link) => (link.href = address(visit, link.dataset.act)));
    dialog.querySelectorAll("form[data-act]").forEach((form) => {
      const hash = form.dataset.hash ? `#${form.dataset.hash}` : "";
      form.action = `${visit.dataset.visit}${form.dataset.act}${hash}`;
    });
    const placed = dialog.querySelector("[data-placed]");
    const pinned = visit.dataset.pinned === "1";
    placed.hidden = !visit.dataset.slot && !pinned;
    placed.querySelector("[name=pinned]").value = pinned ? "0" : "1";
    const pin = placed.querySelector("button");
    pin.textContent = pinned ? pin.dataset.unpin : pin.dataset.pin;
    dialog.showModal();
    dialog.querySelector("select").focus();
  };

  visits.forEach((visit) => {
    visit.setAttribute("role", "button");
    visit.setAttribute("aria-haspopup", "dialog");
    visit.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open(visit);
    });
    visit.addEventListener("keydown", (event) => {
      if (event.key !== " ") return;
      event.preventDefault();
      open(visit);
    });
    visit.addEventListener("dragstart", (event) => {
      dragged = visit;
      visit.classList.add("is-dragged");
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", visit.dataset.name);
      hint(visit);
    });
    visit.addEventListener("dragend", () => {
      visit.classList.remove("is-dragged");
      dragged = null;
      document.querySelectorAll(".board-hint").forEach((word) => word.remove());
    });
  });

  // what each slot is to the visit in hand, in words
  const hint = (visit) => {
    const wishes = visit.dataset.wishes.split(" ");
    const asks = visit.dataset.asks.split(" ");
    board.querySelectorAll("[data-drop]").forEach((slot) => {
      const rank = wishes.indexOf(slot.dataset.drop);
      const word = document.createElement("span");
      word.className = "board-hint";
      word.textContent =
        rank >= 0
          ? board.dataset.rank.replace("#", String(rank + 1))
          : asks.includes(slot.dataset.drop) ? board.dataset.asking : board.dataset.never;
      slot.append(word);
    });
  };

  const slotOf = (event) => (event.target instanceof Element ? event.target.closest("[data-drop]") : null);
  board.addEventListener("dragover", (event) => {
    const slot = slotOf(event);
    board.querySelectorAll(".is-over").forEach((other) => other !== slot && other.classList.remove("is-over"));
    if (!slot || !dragged || slot.dataset.drop === dragged.dataset.slot) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    slot.classList.add("is-over");
  });
  board.addEventListener("dragleave", (event) => {
    if (!board.contains(event.relatedTarget)) {
      board.querySelectorAll(".is-over").forEach((slot) => slot.classList.remove("is-over"));
    }
  });
  board.addEventListener("drop", (event) => {
    const slot = slotOf(event);
    if (!slot || !dragged || slot.dataset.drop === dragged.dataset.slot) return;
    event.preventDefault();
    location.assign(address(dragged, "", slot.dataset.drop));
  });
})();

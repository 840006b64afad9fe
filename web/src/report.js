// The report: it says when the data have been checked, copies an update, and sends the token in the header.

const waiting = document.querySelector("[data-waiting]");

async function isCurrent() {
  const answer = await fetch(waiting.dataset.waiting, { headers: { Accept: "application/json" } });
  const { is_current: current, failure } = await answer.json();
  return current || Boolean(failure);
}

async function wait(seconds) {
  await new Promise((done) => setTimeout(done, seconds * 1000));
  if (!(await isCurrent())) {
    await wait(Math.min(seconds * 1.5, 10));
  } else if ("reload" in waiting.dataset) {
    location.reload();
  } else {
    // Whoever reads is not to lose the place: the new report comes when it is asked for.
    waiting.firstChild.data = `${waiting.dataset.ready} `;
  }
}

if (waiting) {
  wait(0.5).catch(() => {}); // the link does the same
}

for (const code of document.querySelectorAll(".fix pre")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = document.querySelector("[data-copy]").dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = document.querySelector("[data-copy]").dataset.copied;
  });
  if (navigator.clipboard) code.before(button);
}

for (const form of document.querySelectorAll("form.apply")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = form.querySelector(".said");
    const button = form.querySelector("button");
    const fields = new FormData(form);
    const token = fields.get("token");
    fields.delete("token");
    button.disabled = true;
    said.textContent = "";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}`, Accept: "application/problem+json" },
        body: new URLSearchParams(fields),
        redirect: "manual",
      });
      if (answer.type === "opaqueredirect") {
        history.replaceState(null, "", form.dataset.after);
        location.reload();
        return;
      }
      const { detail, findings = [] } = await answer.json();
      said.textContent = [detail, ...findings.map((finding) => finding.message)].join(" – ");
    } catch (error) {
      said.textContent = String(error);
    }
    button.disabled = false;
  });
}

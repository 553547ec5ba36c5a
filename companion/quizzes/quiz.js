// Every output brings this script. It wires the quizzes that no earlier one has wired,
// but none that JupyterLab does not trust: those have lost their data.
{
  const bold = (textContent) =>
    Object.assign(document.createElement("p"), { className: "quiz-bold", textContent });

  const wire = (question, score) => {
    const { kind, right } = question.dataset;
    const names = { question: ["Check", "Show the answer"], prediction: ["Commit", "Compare"] };
    const [first, second] = names[kind].map((textContent) =>
      Object.assign(document.createElement("button"), { type: "button", textContent }));
    question.querySelector(".quiz-buttons").append(first, second);
    const radios = [...question.querySelectorAll("input")];
    // Two outputs may show the same question. Radio buttons with one name are one group.
    const group = Math.random();
    for (const radio of radios) radio.name += group;
    const status = question.querySelector("[role=status]");
    const details = question.querySelector("details");
    const say = (verdict, ...parts) => {
      status.dataset.verdict = verdict;
      status.replaceChildren(...parts);
    };
    const reason = (letter) =>
      details.querySelector(`[data-choice="${letter}"]`).cloneNode(true).childNodes;
    const answer = () => {
      details.hidden = false;
      return [bold(`The answer is ${right}.`), ...reason(right)];
    };
    const judge = (guess, ...next) => {
      const hit = guess === right;
      const [verdict, words] = hit ? ["right", "is right"] : ["wrong", "is not right"];
      details.hidden &&= !hit;
      say(verdict, bold(`${guess} ${words}.`), ...reason(guess), ...(hit ? [] : next));
      score(question, hit);
    };
    // No button is hidden while it has the focus.
    const actions = {
      Check: (guess) => {
        judge(guess, "Try again, or show the answer.");
        second.hidden = guess === right;
      },
      "Show the answer": () => say("shown", ...answer()),
      Commit: (guess) => {
        if (!second.hidden) return;
        for (const radio of radios) radio.disabled = true;
        first.setAttribute("aria-disabled", "true");
        second.hidden = false;
        const next = "Run the next cells, or read on, then compare.";
        say("open", bold(`You predict ${guess}.`), next);
      },
      Compare: (guess) => judge(guess, ...answer()),
    };
    for (const button of [first, second]) {
      button.addEventListener("click", () => {
        const guess = radios.find((radio) => radio.checked)?.value;
        if (guess) actions[button.textContent](guess);
        else say("open", "Choose one of the answers first.");
      });
    }
    // JupyterLab takes arrows and Enter for its own, unless what has the focus says no.
    for (const control of question.querySelectorAll("input, button, summary"))
      control.dataset.lmSuppressShortcuts = "true";
    details.hidden = second.hidden = true;
  };

  for (const quiz of document.querySelectorAll('.companion-quiz[data-wired="no"]')) {
    quiz.dataset.wired = "yes";
    const questions = quiz.querySelectorAll("fieldset");
    const tries = new Map();
    const score = (question, hit) => {
      if (!tries.has(question)) tries.set(question, hit);
      const hits = [...tries.values()].filter(Boolean).length;
      const left = questions.length - tries.size;
      const end = left ? `, ${left} still to answer.` : ".";
      const text = `${hits} of ${tries.size} right at the first try${end}`;
      quiz.querySelector(".quiz-score")?.replaceChildren(text);
    };
    for (const question of questions) wire(question, score);
  }
}

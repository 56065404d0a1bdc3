"""Verdicts in sentences."""

import collections
from collections.abc import Sequence

from ._markup import counted, escaped, p_value, tag, words
from ._numbers import number_tables
from ._settings import Setting
from ._trained import Training, training
from ._verdicts import (
    TOO_FEW,
    UNCLEAR_CONTRAST,
    Finding,
    RankTrend,
    StartContrast,
    enough_seeds,
    findings,
)

# Of settings that are put into words; the trends of one take a second.
MOST_SETTINGS = 24
_VERDICTS = ("richer", "lazier", UNCLEAR_CONTRAST, TOO_FEW)


def summary(settings: Sequence[Setting]) -> tuple[str, str]:
    """All verdicts as HTML, and in one line of text what kernel alignment says."""
    said = settings[:MOST_SETTINGS]
    found = [findings(setting) for setting in said]
    line = _headline(found)
    parts = [f'<p class="headline">{escaped(line)}</p>']
    task = None
    for setting, of_setting in zip(said, found, strict=True):
        if setting.task != task:
            task = setting.task
            parts.append(f"<h3>{escaped(task)}</h3>")
        if setting.text:
            parts.append(f'<p class="setting">{escaped(setting.text)}</p>')
        items = [*_sentences(of_setting), training_sentence(training(setting))]
        parts.append(f"<ul>{''.join(f'<li>{item}</li>' for item in items)}</ul>")
        parts.append(number_tables(of_setting))
    if len(settings) > len(said):
        parts.append(
            f"<p>{len(settings) - len(said)} more settings are not put into words; the table has "
            "all of them.</p>"
        )
    return "".join(parts), line


def _headline(found: Sequence[Sequence[Finding]]) -> str:
    of_kernel = [f for each in found for f in each if f.measure == "kernel_alignment"]
    trends = collections.Counter(t.verdict for f in of_kernel for t in f.trends)
    contrasts = collections.Counter(c.verdict for f in of_kernel for c in f.contrasts)
    clauses = []
    if trends:
        clauses.append(f"against rank, {_tally(trends)}")
    if contrasts:
        references = {c.reference for f in of_kernel for c in f.contrasts}
        reference = references.pop() if len(references) == 1 else "their reference"
        clauses.append(f"starts beside {reference}, {_tally(contrasts)}")
    return f"Kernel alignment: {'; '.join(clauses)}." if clauses else "Nothing to compare yet."


def _tally(verdicts: collections.Counter[str]) -> str:
    return ", ".join(
        f"{verdict} in {number} of {verdicts.total()}" for verdict, number in verdicts.most_common()
    )


def _sentences(found: Sequence[Finding]) -> list[str]:
    """A sentence for each measure, or one for all where there is only one thing to say."""
    if not found:
        return ["One start, or no measure of laziness: nothing to compare."]
    verdicts = {each.verdict for f in found for each in (*f.trends, *f.contrasts)}
    if verdicts != {TOO_FEW}:
        return [_sentence(finding) for finding in found]
    clauses = dict.fromkeys(clause for finding in found for clause in _too_few_clauses(finding))
    names = ", ".join(escaped(words(finding.measure)) for finding in found)
    return [f"{tag(TOO_FEW)} of {names}: {'; '.join(clauses)}."]


def _too_few_clauses(finding: Finding) -> list[str]:
    clauses = [f"against rank, {_too_few(t.seeds, 1)}" for t in finding.trends]
    if finding.contrasts:
        seeds = min(c.contrast.seeds for c in finding.contrasts)
        reference = escaped(finding.contrasts[0].reference)
        clauses.append(f"beside {reference}, {_too_few(seeds, len(finding.contrasts))}")
    return clauses


def _sentence(finding: Finding) -> str:
    clauses = [_trend_clause(trend) for trend in finding.trends]
    if finding.contrasts:
        clauses.append(_contrast_clause(finding.contrasts))
    return f"<b>{escaped(words(finding.measure).capitalize())}</b>: {'; '.join(clauses)}."


def _trend_clause(found: RankTrend) -> str:
    over = f"over ranks {', '.join(map(str, found.ranks))}"
    if found.verdict == TOO_FEW:
        return f"{tag(TOO_FEW)} {over}: {_too_few(found.seeds, 1)}"
    t = found.trend
    return (
        f"{tag(found.verdict)} {over} (Spearman {t.spearman:+.2f}, 95 % interval {t.low:+.2f} to "
        f"{t.high:+.2f}, {p_value(found.p)}, {counted(found.seeds, 'seed')})"
    )


def _contrast_clause(contrasts: Sequence[StartContrast]) -> str:
    said = []
    for verdict in _VERDICTS:
        of_verdict = [c for c in contrasts if c.verdict == verdict]
        if not of_verdict:
            continue
        names = ", ".join(escaped(c.start) for c in of_verdict)
        if verdict == TOO_FEW:
            seeds = min(c.contrast.seeds for c in of_verdict)
            said.append(f"{tag(verdict)} of {names}: {_too_few(seeds, len(contrasts))}")
        elif verdict == UNCLEAR_CONTRAST:
            said.append(f"{tag(verdict)} for {names}")
        else:
            said.append(f"{tag(verdict)} {', '.join(map(_difference, of_verdict))}")
    seeds = sorted({c.contrast.seeds for c in contrasts})
    number = f"{seeds[0]} to {seeds[-1]} seeds" if len(seeds) > 1 else counted(seeds[0], "seed")
    return f"beside {escaped(contrasts[0].reference)} ({number}), {'; '.join(said)}"


def _difference(found: StartContrast) -> str:
    c = found.contrast
    return f"{escaped(found.start)} ({c.difference:+.3g}, {c.low:+.3g} to {c.high:+.3g})"


def _too_few(seeds: int, comparisons: int) -> str:
    needed = enough_seeds(comparisons)
    beside = f" for {comparisons} starts taken together" if comparisons > 1 else ""
    return f"{counted(seeds, 'seed')}, and it takes at least {needed}{beside}"


def training_sentence(found: Training) -> str:
    """How well a setting was trained."""
    parts = []
    for name, extremes in (("training loss", found.losses), ("accuracy", found.accuracies)):
        if extremes is None:
            continue
        least, low, greatest, high = extremes
        same = f"{low:.4g}" == f"{high:.4g}"
        between = f"({escaped(least)}) to {high:.4g} ({escaped(greatest)})"
        parts.append(f"{name} {low:.4g}{'' if same else f' {between}'}")
    if found.diverged:
        parts.append(f"{found.diverged} of {counted(found.networks, 'network')} diverged")
    text = f"<b>Training</b>: {'; '.join(parts) or 'no loss was kept'}."
    if found.hardly:
        text += (
            f' <span class="warning">Hardly trained</span>: {_names(found.hardly)}, whose loss '
            "fell by less than half. Networks that did not learn look lazy."
        )
    if found.behind:
        text += (
            f' <span class="warning">Not trained alike</span>: {_names(found.behind)} ended '
            "clearly above the lowest loss, which their measures are to be read with."
        )
    return text


def _names(starts: Sequence[str]) -> str:
    return ", ".join(map(escaped, starts))

"""Lazier or richer: the only statistics and the only rule for a verdict.

Figures, tables, controls, reports and tutorials all speak through `findings`.

- `_measures.py`: what may be measured, and which way is lazier.
- `_cell.py`: networks of one start, seed by seed.
- `_comparison.py`: starts that are alike in all else, and which of them are ordered by rank.
- `_training.py`: whether they learned, without which no measure can be read.
- `_tests.py`: exact tests of trends and pairs, and the correction for several.
- `_verdicts.py`: the rule.
- `_sentences.py`: what it found, in sentences and tables; `_words.py`: names and numbers in words.
- `_intervals.py`: means with intervals that stay within the range of their measure.
"""

from ._cell import (
    Cell,
    cell_of,
    flat_fields,
    start_record,
    start_text,
    task_of,
    with_distinct_starts,
)
from ._comparison import (
    Comparison,
    Family,
    comparison_of,
    comparisons_of,
    families_of,
    fields_of_columns,
    fields_text,
    ordered,
    start_place,
    tables_of,
    varying_fields,
)
from ._intervals import (
    FEWEST_FOR_INTERVAL,
    bars,
    mean_and_interval,
    mean_with_interval,
    means_table,
    sampling_error,
)
from ._measures import FURTHER_MEASURES, MEASURES, OF_START, variables_of
from ._sentences import (
    Sentence,
    Summary,
    contrast_row,
    contrast_table,
    headline,
    sentences,
    training_sentence,
    trend_row,
    trend_table,
    warnings_of,
)
from ._tests import (
    correlations,
    glass_delta,
    holm,
    least_pair_p,
    least_trend_p,
    pair_p,
    trend_p,
)
from ._training import (
    HARDLY,
    FarRun,
    Training,
    diverged_networks,
    far_runs,
    finite_mean,
    training,
    unreadable,
)
from ._verdicts import (
    LAZIER,
    LAZIER_TREND,
    LEVEL,
    PAIR,
    RICHER,
    RICHER_TREND,
    TOO_FEW,
    UNCLEAR_CONTRAST,
    Contrast,
    Findings,
    Trend,
    Verdict,
    answers,
    findings,
)
from ._words import clean, counted, p_value, regime_words, shown, words

__all__ = [
    "FEWEST_FOR_INTERVAL",
    "FURTHER_MEASURES",
    "HARDLY",
    "LAZIER",
    "LAZIER_TREND",
    "LEVEL",
    "MEASURES",
    "OF_START",
    "PAIR",
    "RICHER",
    "RICHER_TREND",
    "TOO_FEW",
    "UNCLEAR_CONTRAST",
    "Cell",
    "Comparison",
    "Contrast",
    "Family",
    "FarRun",
    "Findings",
    "Sentence",
    "Summary",
    "Training",
    "Trend",
    "Verdict",
    "answers",
    "bars",
    "cell_of",
    "clean",
    "comparison_of",
    "comparisons_of",
    "contrast_row",
    "contrast_table",
    "correlations",
    "counted",
    "diverged_networks",
    "families_of",
    "far_runs",
    "fields_of_columns",
    "fields_text",
    "findings",
    "finite_mean",
    "flat_fields",
    "glass_delta",
    "headline",
    "holm",
    "least_pair_p",
    "least_trend_p",
    "mean_and_interval",
    "mean_with_interval",
    "means_table",
    "ordered",
    "p_value",
    "pair_p",
    "regime_words",
    "sampling_error",
    "sentences",
    "shown",
    "start_place",
    "start_record",
    "start_text",
    "tables_of",
    "task_of",
    "training",
    "training_sentence",
    "trend_p",
    "trend_row",
    "trend_table",
    "unreadable",
    "variables_of",
    "varying_fields",
    "warnings_of",
    "with_distinct_starts",
    "words",
]

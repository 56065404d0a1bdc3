"""The squares of a matrix times its transpose, compiled, without the product itself.

numba takes half a second to import, so this module is imported where it is first needed.
"""

from typing import no_type_check

import numpy as np

from .._host import compiled


@compiled
@no_type_check
def gram_square_sum(starts, columns, data, column_starts, rows, column_data):
    r"""$\lVert W W^\top \rVert_F^2$, of the lower half of the symmetric product.

    Args:
        starts: where each row of W begins, and where the last one ends.
        columns: of the entries, row by row.
        data: the entries.
        column_starts: the same of the columns of W.
        rows: of the entries, column by column and in rising order.
        column_data: the entries, column by column.
    """
    n = len(starts) - 1
    row, seen = np.zeros(n), np.full(n, -1, np.int64)
    touched, total = np.empty(n, np.int64), 0.0
    for i in range(n):
        count = 0
        for p in range(starts[i], starts[i + 1]):
            k, entry = columns[p], data[p]
            for q in range(column_starts[k], column_starts[k + 1]):
                j = rows[q]
                # What lies above the diagonal is the same once more.
                if j > i:
                    break
                if seen[j] != i:
                    seen[j] = i
                    touched[count] = j
                    count += 1
                row[j] += entry * column_data[q]
        squares = 0.0
        for t in range(count):
            j = touched[t]
            squares += (1.0 if j == i else 2.0) * row[j] * row[j]
            row[j] = 0.0
        total += squares
    return total

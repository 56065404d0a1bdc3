"""What a network's kernel alignment will be, before it is trained.

- `_descent.py`: gradient descent on fixed examples, with steps as long as the loss allows.
"""

from ._descent import Descent, descend

__all__ = ["Descent", "descend"]

"""Sets of labelled images, split into what is trained on and what is held out.

- `ImageSet` (`_image_set.py`): a name, pixels from 0 to 1 and labels, checked.
- `read_idx`, `mnist_folder` (`_idx.py`): MNIST from the files it is distributed as, with errors
  that name the file.
- `mnist_openml` (`_openml.py`): MNIST over the network, by scikit-learn.
- `mnist_5k`, `digits_8x8` (`_offline.py`): what packages ship, so that no network is needed.
- `image_set` (`_by_name.py`): one of these by a name or a folder.

A set says by its name which it is; results made with a smaller set are not results on MNIST.
"""

from ._by_name import image_set
from ._idx import mnist_folder, read_idx
from ._image_set import ImageSet
from ._offline import digits_8x8, mnist_5k
from ._openml import mnist_openml

__all__ = [
    "ImageSet",
    "digits_8x8",
    "image_set",
    "mnist_5k",
    "mnist_folder",
    "mnist_openml",
    "read_idx",
]

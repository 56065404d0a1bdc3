"""What the commands that learn images share: sizes, as the paper has them."""

BATCH = 200
# Images of the test set for the kernel, and for the representation.
HELD = 200

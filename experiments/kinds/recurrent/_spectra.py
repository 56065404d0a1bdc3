"""What is kept of the spectra of the weights at the start, in words."""

RANKS = {
    "participation_ratio": "participation ratio of the start's squared singular values",
    "exponential_entropy": "exponential entropy of the start's singular values",
    "stable_rank": "stable rank of the start",
    "eigenvalue_area": "area under the start's scaled eigenvalue magnitudes",
}
SPECTRA = RANKS | {
    "norm": "Frobenius norm of the start's recurrent weights",
    "singular_value": "singular values of the start's recurrent weights",
    "eigenvalue_magnitude": "magnitudes of the eigenvalues of the start's recurrent weights",
}

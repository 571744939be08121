"""BLS12-381 from py_ecc, without what importing it does to the interpreter.

The package raises the recursion limit to 100 000, for functions that are not used here; with that limit a JSON text of a
few thousand brackets overflows the stack and ends the process. So it is set back, and nobody else imports the package.
"""

import sys

_LIMIT = sys.getrecursionlimit()

from py_ecc.bls.g2_primitives import subgroup_check  # noqa: E402 - the limit is read before and set back after
from py_ecc.bls.hash_to_curve import hash_to_G1, hash_to_G2  # noqa: E402 - as above
from py_ecc.bls.point_compression import compress_G1, compress_G2, decompress_G1, decompress_G2  # noqa: E402 - as above
from py_ecc.bls.typing import G1Compressed, G2Compressed  # noqa: E402 - as above
from py_ecc.fields import optimized_bls12_381_FQ12 as FQ12  # noqa: E402 - as above
from py_ecc.optimized_bls12_381.optimized_curve import G1, G2, is_inf, multiply, neg  # noqa: E402 - as above
from py_ecc.optimized_bls12_381.optimized_pairing import final_exponentiate, pairing  # noqa: E402 - as above

sys.setrecursionlimit(_LIMIT)

__all__ = [
    "FQ12",
    "G1",
    "G2",
    "G1Compressed",
    "G2Compressed",
    "compress_G1",
    "compress_G2",
    "decompress_G1",
    "decompress_G2",
    "final_exponentiate",
    "hash_to_G1",
    "hash_to_G2",
    "is_inf",
    "multiply",
    "neg",
    "pairing",
    "subgroup_check",
]

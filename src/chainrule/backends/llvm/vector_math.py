"""exp, log, tanh, erf, sin and their kin as operations on vectors, in float32 and float64, within 2 units in the last place.

Each is reduced to a short interval by an identity that is exact, or nearly so, in floating point, and there a polynomial takes
over. Its coefficients make the largest relative error of the result smallest (`scripts/fit-polynomials` computes them); the
error stands behind them, in units of 2⁻²⁴ in float32 and 2⁻⁵³ in float64. What comes out is measured in `docs/accuracy.md`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence

from chainrule.backends.llvm.code import Code, Const, Operand, Type

_MANTISSA = {"f32": 23, "f64": 52}
_BIAS = {"f32": 127, "f64": 1023}
_SHIFT = {kind: 1.5 * 2.0**digits for kind, digits in _MANTISSA.items()}
_INTEGER = {"f32": "i32", "f64": "i64"}

# A constant as a sum of parts, each the nearest number to what is left. Where n · parts[0] is close to x, it is so coarse
# that the difference has few digits, and fma gives it exactly.
_LN2 = {
    "f32": (float.fromhex("0x1.62e430p-1"), float.fromhex("-0x1.05c610p-29")),
    "f64": (float.fromhex("0x1.62e42fefa39efp-1"), float.fromhex("0x1.abc9e3b39803fp-56")),
}
_HALF_PI = {
    "f32": (
        float.fromhex("0x1.921fb6p+0"),
        float.fromhex("-0x1.777a5cp-25"),
        float.fromhex("-0x1.ee59dap-50"),
    ),
    "f64": (
        float.fromhex("0x1.921fb54442d18p+0"),
        float.fromhex("0x1.1a62633145c07p-54"),
        float.fromhex("-0x1.f1976b7ed8fbcp-110"),
    ),
}
# Up to here sin and cos count quarter turns themselves: what the first part of π/2 lacks, times their number, is below 0.03,
# so the first difference is exact, and the rest stays where the polynomials hold.
_TURNS_LIMIT = {"f32": 2.0**20, "f64": 2.0**30}
# tanh and erf of anything larger are 1, to the last digit.
_TANH_LIMIT = {"f32": 10.0, "f64": 20.0}
_ERF_LIMIT = {"f32": 4.0, "f64": 6.0}
# eˣ is beyond the largest number above the first, and below half the smallest below the second.
_EXP_LIMITS = {"f32": (89.0, -104.0), "f64": (710.0, -746.0)}

_EXP = {
    "f32": (4.9999997e-01, 1.6666539e-01, 4.166739e-02, 8.367085e-03, 1.3882461e-03),  # 0.25
    "f64": (
        5.0e-01,
        1.6666666666666677e-01,
        4.166666666666669e-02,
        8.333333333321112e-03,
        1.3888888888858248e-03,
        1.9841269887993653e-04,
        2.4801587404154955e-05,
        2.755724189527336e-06,
        2.755718344209089e-07,
        2.5109966487336876e-08,
        2.0949266566798918e-09,
    ),  # 0.0028
}

_ATANH = {
    "f32": (6.666642e-01, 4.0021437e-01, 2.8003028e-01, 2.8006753e-01),  # 0.075
    "f64": (
        6.666666666666631e-01,
        4.000000000015591e-01,
        2.857142854801102e-01,
        2.2222223960655005e-01,
        1.818174422426502e-01,
        1.5386553889155152e-01,
        1.3301049348963212e-01,
        1.2105507527670788e-01,
        8.342564536696351e-02,
        1.7014094229448093e-01,
    ),  # 0.012
}

_ERF = {
    "f32": (
        1.2837917e-01,
        6.3661957e-01,
        1.02776304e-01,
        -1.9147819e-02,
        -1.6952681e-04,
        1.6757164e-03,
        -6.3739327e-04,
        1.1887128e-04,
        -9.389175e-06,
    ),  # 0.072
    "f64": (
        1.2837916709551256e-01,
        6.366197723675898e-01,
        1.0277260330137941e-01,
        -1.9128446994802043e-02,
        -2.091948292979749e-04,
        1.6962074595413825e-03,
        -5.90131278054909e-04,
        2.5900189343607832e-05,
        6.443201623269272e-05,
        -2.9598572443335173e-05,
        3.2041897639376786e-06,
        3.092733379947911e-06,
        -2.0004687005967755e-06,
        5.441630550936623e-07,
        3.428322529942001e-09,
        -7.260606765396948e-08,
        3.705488323604607e-08,
        -1.1470790061403777e-08,
        2.5131655625637694e-09,
        -4.0141100781714643e-10,
        4.6097743990103596e-11,
        -3.6225900336035026e-12,
        1.748234045453998e-13,
        -3.911589071887598e-15,
    ),  # 0.44
}

_SIN = {
    "f32": (-1.6666648e-01, 8.331754e-03, -1.9463238e-04),  # 0.12
    "f64": (
        -1.666666666666663e-01,
        8.33333333332184e-03,
        -1.9841269829358354e-04,
        2.7557313538420463e-06,
        -2.5050734375800376e-08,
        1.58954329860662e-10,
    ),  # 0.034
}

_COS = {
    "f32": (4.1666634e-02, -1.388679e-03, 2.4375919e-05),  # 0.0043
    "f64": (
        4.1666666666666595e-02,
        -1.3888888888873342e-03,
        2.4801587289002147e-05,
        -2.755731421708334e-07,
        2.0875705405433427e-09,
        -1.1358749885821191e-11,
    ),  # 0.00051
}


class VectorMath:
    """The functions, recorded into a `Code`."""

    def __init__(self, code: Code) -> None:
        self.code = code

    # ------------------------------------------------------------------------------------------ small pieces

    def _const(self, x: Operand, value: float) -> Const:
        return Const(x.type, value)

    def _plus(self, x: Operand, c: float) -> Operand:
        return self._two("fadd", x, self._const(x, c))

    def _fma(self, a: Operand, b: Operand, c: Operand) -> Operand:
        return self.code.op("fma", a.type, a, b, c)

    def _two(self, name: str, a: Operand, b: Operand) -> Operand:
        return self.code.op(name, a.type, a, b)

    def _select(self, condition: Operand, a: Operand, b: Operand) -> Operand:
        return self.code.op("select", a.type, condition, a, b)

    def _abs(self, x: Operand) -> Operand:
        return self.code.op("fabs", x.type, x)

    def _at_most(self, x: Operand, limit: float) -> Operand:
        """The smaller of x and a limit; NaN stays."""
        return self._select(self.code.compare("ogt", x, self._const(x, limit)), self._const(x, limit), x)

    def _at_least(self, x: Operand, limit: float) -> Operand:
        """The larger of x and a limit; NaN stays."""
        return self._select(self.code.compare("olt", x, self._const(x, limit)), self._const(x, limit), x)

    def _polynomial(self, x: Operand, coefficients: Mapping[str, Sequence[float]]) -> Operand:
        """Σ cᵢ xⁱ by Horner's rule."""
        *rest, last = coefficients[x.type.kind]
        total: Operand = self._const(x, last)
        for c in reversed(rest):
            total = self._fma(total, x, self._const(x, c))
        return total

    def _bits(self, x: Operand) -> Operand:
        return self.code.op("bitcast", x.type.of(_INTEGER[x.type.kind]), x)

    def _integer(self, x: Operand, value: int) -> Const:
        return Const(x.type.of(_INTEGER[x.type.kind]), value)

    def _power_of_two(self, biased: Operand, type: Type) -> Operand:
        """2ⁿ, given n and the bias, by writing the exponent."""
        return self.code.op("bitcast", type, self._two("shl", biased, Const(biased.type, _MANTISSA[type.kind])))

    def _rounded(self, x: Operand, factor: float, bias: int = 0) -> tuple[Operand, Operand]:
        """The whole number n nearest to factor · x, as a float; and n + bias as an integer.

        Adding 1½ · 2^mantissa leaves no room for a fraction, and n in the lowest bits: no conversion, and no harm from NaN.
        """
        shift = _SHIFT[x.type.kind]
        shifted = self._fma(x, self._const(x, factor), self._const(x, shift))
        whole = self._two("sub", self._bits(shifted), self._integer(x, _bits_of(shift, x.type.kind) - bias))
        return self._two("fsub", shifted, self._const(x, shift)), whole

    # ------------------------------------------------------------------------------------------ exponentials

    def _split_exponential(self, x: Operand, bias: int) -> tuple[Operand, Operand]:
        """n + bias and q, such that eˣ = 2ⁿ (1 + q): q = eʳ − 1 = r + r² P(r) with r = x − n ln 2, within ±½ ln 2.

        r is the sum of an exact difference and a small correction; rounding it does no harm in r², and is avoided in r.
        """
        high, low = _LN2[x.type.kind]
        n, biased = self._rounded(x, 1 / math.log(2), bias)
        difference = self._fma(n, self._const(x, -high), x)
        correction = self._two("fmul", n, self._const(x, -low))
        r = self._two("fadd", difference, correction)
        small = self._fma(self._two("fmul", r, r), self._polynomial(r, _EXP), correction)
        return biased, self._two("fadd", difference, small)

    def exp(self, x: Operand) -> Operand:
        """eˣ = 2ⁿ (1 + q); 2ⁿ is multiplied in two halves, so that results beyond the normal numbers come out right."""
        high, low = _EXP_LIMITS[x.type.kind]
        n, q = self._split_exponential(self._at_least(self._at_most(x, high), low), 2 * _BIAS[x.type.kind])
        half = self._two("lshr", n, Const(n.type, 1))
        y = self._two("fmul", self._plus(q, 1.0), self._power_of_two(half, x.type))
        return self._two("fmul", y, self._power_of_two(self._two("sub", n, half), x.type))

    def _minus_one(self, scale: Operand, q: Operand) -> Operand:
        """eˣ − 1 = 2ⁿ q + (2ⁿ − 1), in which nothing cancels."""
        return self._fma(scale, q, self._plus(scale, -1.0))

    def _plus_one(self, scale: Operand, q: Operand) -> Operand:
        """eˣ + 1 = 2ⁿ q + (2ⁿ + 1), where what the bracket loses of the 1, if 2ⁿ is large, goes into the other term."""
        one = self._const(q, 1.0)
        total = self._two("fadd", scale, one)
        lost = self._two("fsub", one, self._two("fsub", total, scale))
        return self._two("fadd", self._fma(scale, q, lost), total)

    def tanh(self, x: Operand) -> Operand:
        """tanh x = t / (t + 2) with t = e²ˣ − 1, for |x|, but for −|x| where it is small; the sign is that of x.

        If t is large, its error does not matter. If it is small, t + 2 is rounded less coarsely below 2 than above; and it is
        not made from t, whose error would count twice.
        """
        kind = x.type.kind
        size = self._at_most(self._abs(x), _TANH_LIMIT[kind])
        small = self.code.compare("olt", size, self._const(x, math.log(2) / 2))
        doubled = self._two("fmul", size, self._select(small, self._const(x, -2.0), self._const(x, 2.0)))
        n, q = self._split_exponential(doubled, _BIAS[kind])
        scale = self._power_of_two(n, x.type)
        t = self._minus_one(scale, q)
        bottom = self._select(small, self._fma(scale, q, self._plus(scale, 1.0)), self._plus(t, 2.0))
        return self.code.op("copysign", x.type, self._two("fdiv", t, bottom), x)

    def logistic(self, x: Operand) -> Operand:
        """1 / (1 + e⁻ˣ), where e⁻ˣ = 2ⁿ (1 + q); of 2ⁿ, what is beyond the normal numbers becomes a factor of the result."""
        kind = x.type.kind
        bias, (high, low) = _BIAS[kind], _EXP_LIMITS[kind]
        minus = self.code.op("fneg", x.type, x)
        n, q = self._split_exponential(self._at_least(self._at_most(minus, -low), -high / 2), bias)
        fits = self._two("smin", n, self._integer(x, bias + bias // 2))
        y = self._two("fdiv", self._const(x, 1.0), self._plus_one(self._power_of_two(fits, x.type), q))
        factor = self._two("add", self._two("sub", fits, n), self._integer(x, bias))
        return self._two("fmul", y, self._power_of_two(factor, x.type))

    def softplus(self, x: Operand) -> Operand:
        """max(x, 0) + ln(1 + e), e = e^(−|x|)."""
        e = self.exp(self.code.op("fneg", x.type, self._abs(x)))
        return self._two("fadd", self._at_least(x, 0.0), self._log1p_small(e))

    def erf(self, x: Operand) -> Operand:
        """erf |x| = 1 − e^(−Q) with Q = |x| (1 + U(|x|)), and the sign of x.

        Q(t) = −ln(1 − erf t) is smooth, so one polynomial serves everywhere; and nothing cancels for small x.
        """
        t = self._at_most(self._abs(x), _ERF_LIMIT[x.type.kind])
        minus_q = self.code.op("fneg", x.type, self._fma(t, self._polynomial(t, _ERF), t))
        n, q = self._split_exponential(minus_q, _BIAS[x.type.kind])
        return self.code.op("copysign", x.type, self._minus_one(self._power_of_two(n, x.type), q), x)

    # ------------------------------------------------------------------------------------------ logarithms

    def log(self, x: Operand) -> Operand:
        """ln x = n ln 2 + ln(1 + f), where x = 2ⁿ (1 + f) and 1 + f lies between √½ and √2."""
        kind = x.type.kind
        mantissa, lift = self._integer(x, _MANTISSA[kind]), _MANTISSA[kind] + 2
        tiny = self.code.compare("olt", x, self._const(x, 2.0 ** (1 - _BIAS[kind])))
        bits = self._bits(self._select(tiny, self._two("fmul", x, self._const(x, 2.0**lift)), x))
        # subtracting the bits of √½, less those of 1, makes the exponent field n + bias
        offset = self._integer(x, _bits_of(math.sqrt(0.5), kind) - _bits_of(1.0, kind))
        biased = self._two("lshr", self._two("sub", bits, offset), mantissa)
        n = self._two("sub", biased, self._integer(x, _BIAS[kind]))
        m = self.code.op("bitcast", x.type, self._two("sub", bits, self._two("shl", n, mantissa)))
        lifted = self._two("sub", n, self._select(tiny, self._integer(x, lift), self._integer(x, 0)))
        y = self._log_near_one(self._plus(m, -1.0), self._whole(lifted, x))
        zero, infinity = self._const(x, 0.0), self._const(x, math.inf)
        y = self._select(self.code.compare("oeq", x, infinity), infinity, y)
        y = self._select(self.code.compare("oeq", x, zero), self._const(x, -math.inf), y)
        return self._select(self.code.compare("ult", x, zero), self._const(x, math.nan), y)

    def _whole(self, n: Operand, x: Operand) -> Operand:
        """A small whole number as a float of the type of x: the way back of `_rounded`."""
        shift = _SHIFT[x.type.kind]
        shifted = self.code.op("bitcast", x.type, self._two("add", n, self._integer(x, _bits_of(shift, x.type.kind))))
        return self._two("fsub", shifted, self._const(x, shift))

    def _atanh_terms(self, f: Operand) -> tuple[Operand, Operand]:
        """s = f / (2 + f), and R with ln(1 + f) = ln(1 + s) − ln(1 − s) = s (2 + R), for s within ±⅓."""
        s = self._two("fdiv", f, self._plus(f, 2.0))
        z = self._two("fmul", s, s)
        return s, self._two("fmul", z, self._polynomial(z, _ATANH))

    def _log_near_one(self, f: Operand, n: Operand) -> Operand:
        """n ln 2 + ln(1 + f), the latter as f − (h − s (h + R)) with h = f²/2, for then f, the largest part, is exact."""
        high, low = _LN2[f.type.kind]
        s, series = self._atanh_terms(f)
        h = self._two("fmul", self._two("fmul", f, f), self._const(f, 0.5))
        rest = self._fma(n, self._const(f, low), self._two("fmul", s, self._two("fadd", h, series)))
        inner = self._two("fsub", f, self._two("fsub", h, rest))
        return self._fma(n, self._const(f, high), inner)

    def _log1p_small(self, f: Operand) -> Operand:
        """ln(1 + f) = f − s (f − R) for 0 ≤ f ≤ 1."""
        s, series = self._atanh_terms(f)
        return self._fma(self.code.op("fneg", f.type, s), self._two("fsub", f, series), f)

    # ------------------------------------------------------------------------------------------ waves

    def sin(self, x: Operand) -> Operand:
        """The sine of |x|, with the sign of x besides."""
        return self._wave(x, "sin", 0, self._two("and", self._bits(x), self._integer(x, -1 << _sign_place(x))))

    def cos(self, x: Operand) -> Operand:
        """The sine of |x| and a quarter turn."""
        return self._wave(x, "cos", 1, self._integer(x, 0))

    def _wave(self, x: Operand, name: str, ahead: int, sign: Operand) -> Operand:
        """Modulo quarter turns: n is their number and r the rest, within ±π/4; odd n gives cos r, and n mod 4 ≥ 2 the sign.

        The C library serves numbers so large that neighbours are far apart on the circle, which no network needs quickly.
        """
        code, kind = self.code, x.type.kind
        size = self._abs(x)
        n, whole = self._rounded(size, 2 / math.pi)
        whole = self._two("add", whole, self._integer(x, ahead))
        r = size
        for part in _HALF_PI[kind]:  # the first step is exact; the others are if much cancels, and small otherwise
            r = self._fma(n, self._const(x, -part), r)
        z = self._two("fmul", r, r)
        sine = self._fma(self._two("fmul", r, z), self._polynomial(z, _SIN), r)
        cosine = self._fma(z, self._const(x, -0.5), self._const(x, 1.0))
        cosine = self._fma(self._two("fmul", z, z), self._polynomial(z, _COS), cosine)
        odd = code.compare("ne", self._two("and", whole, self._integer(x, 1)), self._integer(x, 0))
        flipped = self._two("shl", self._two("and", whole, self._integer(x, 2)), self._integer(x, _sign_place(x) - 1))
        y = self._bits(self._select(odd, cosine, sine))
        y = self.code.op("bitcast", x.type, self._two("xor", y, self._two("xor", flipped, sign)))
        far = code.compare("ogt", size, self._const(x, _TURNS_LIMIT[kind]))

        def outside(_: object, near: list[Operand]) -> list[Operand]:
            exact = code.op("libm", x.type, x, extra=name + ("f" if kind == "f32" else ""))
            return [self._select(far, exact, near[0])]

        some = far if x.type.lanes == 1 else code.op("any", Type("i1"), far)
        return code.loop(0, code.op("zext", Type("i64"), some), 1, [y], outside)[0]  # one turn, or none

    # ------------------------------------------------------------------------------------------

    def table(self) -> dict[str, Callable[[Operand], Operand]]:
        """The function of each primitive."""
        return {
            "exp": self.exp,
            "log": self.log,
            "tanh": self.tanh,
            "logistic": self.logistic,
            "softplus": self.softplus,
            "erf": self.erf,
            "sin": self.sin,
            "cos": self.cos,
            "sqrt": lambda x: self.code.op("sqrt", x.type, x),
            "floor": lambda x: self.code.op("floor", x.type, x),
        }


def _sign_place(x: Operand) -> int:
    """Which bit is the sign."""
    return {"f32": 31, "f64": 63}[x.type.kind]


def _bits_of(value: float, kind: str) -> int:
    """The bits of a number, as an integer."""
    return int.from_bytes(struct.pack("<f" if kind == "f32" else "<d", value), "little")

"""How long before its data-ready edge a force was what the conversion says: the delay of the ADC's own filter."""

import math

__all__ = ["adc_delay_s"]

_SINC3 = 1024
_MODULATOR_HZ = 4.096e6
"""Of an ADS131M08 at 8.192 MHz; boards with 8 MHz state a rate that is lower by the same share."""
_AVERAGES = (2, 4, 8)


def adc_delay_s(adc: str, sample_rate_Hz: float) -> float | None:
    """Group delay of a converter's filter, the same for every frequency.

    That of the ADS131M08 at 500, 1000 and 2000 Hz: a sinc³ of 1024 modulator steps delays by 3 · 1023 / 2 of them,
    the average of n of its outputs, 1024 steps apart, by 1024 · (n − 1) / 2 (the data sheet's equations;
    docs/firmware.md has the table). A simulated converter has none.

    Args:
        adc: What HELLO calls it.
        sample_rate_Hz: Sample rate, Hz.

    Returns:
        Seconds; None for a converter or a rate whose delay is not known here.
    """
    if adc == "virtual":
        return 0.0
    if adc != "ADS131M08" or not sample_rate_Hz > 0:
        return None
    averaged = 1 << max(0, round(math.log2(_MODULATOR_HZ / _SINC3 / sample_rate_Hz)))
    if averaged not in _AVERAGES:
        return None
    steps = 1.5 * (_SINC3 - 1) + 0.5 * _SINC3 * (averaged - 1)
    return steps / (sample_rate_Hz * _SINC3 * averaged)

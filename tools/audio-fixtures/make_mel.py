"""Makes src/audio/fixtures/librosa.json: log-mel spectrograms by librosa (ISC licence), to judge src/audio/mel.ts by.

Usage: make_mel.py FILE. Used: librosa 0.11.0, numpy 2.4.6.
"""

import json
import sys

import librosa
import numpy

RATE, FRAME, HOP, BINS, SAMPLES = 16000, 1024, 160, 64, 2003


def channel(seed: int) -> numpy.ndarray:
    """A rising tone in noise; the noise is a linear congruential generator that any language can repeat."""
    state, noise = seed, []
    for _ in range(SAMPLES):
        state = (state * 1103515245 + 12345) % 2**31
        noise.append(state / 2**30 - 1)
    n = numpy.arange(SAMPLES)
    tone = numpy.sin(2 * numpy.pi * (300 + seed + n / 4) * n / RATE)
    return (0.4 * tone + 0.05 * numpy.array(noise)).astype(numpy.float32)


def log_mel(samples: numpy.ndarray) -> list[list[float]]:
    mel = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=FRAME, hop_length=HOP, window="hann", center=True, pad_mode="reflect",
        power=1.0, n_mels=BINS, fmin=0.0, fmax=RATE / 2, htk=False, norm="slaney", dtype=numpy.float64,
    )  # fmt: skip
    return numpy.log(numpy.maximum(mel, 1e-5)).T.round(6).tolist()


filters = librosa.filters.mel(sr=RATE, n_fft=FRAME, n_mels=BINS, fmin=0.0, fmax=RATE / 2, dtype=numpy.float64)
figures = {
    "sampleRate": RATE,
    "frameLength": FRAME,
    "hopLength": HOP,
    "melBins": BINS,
    "samples": SAMPLES,
    "seeds": [1, 7],
    "logMel": [log_mel(channel(seed)) for seed in (1, 7)],
    "filterSums": filters.sum(axis=1).tolist(),
    "filterPeaks": filters.argmax(axis=1).tolist(),
}
with open(sys.argv[1], "w") as file:
    json.dump(figures, file, separators=(",", ":"))
    file.write("\n")

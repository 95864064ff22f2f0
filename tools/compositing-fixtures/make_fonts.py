"""Fonts of titles: those of the npm packages @fontsource-variable/geist, geist-mono and source-serif-4 (SIL Open Font License 1.1) unpacked from WOFF2.

Text libraries outside of browsers do not read WOFF2, and titles must look alike everywhere. pip install fonttools brotli;
python make_fonts.py NAME.woff2 src/compositing/titles/fonts/NAME.ttf
"""

import sys

from fontTools.ttLib import TTFont

font = TTFont(sys.argv[1])
font.flavor = None
font.save(sys.argv[2])
os2 = font["OS/2"]
print(font["name"].getBestFamilyName(), "capitals", os2.sCapHeight, "of", font["head"].unitsPerEm)

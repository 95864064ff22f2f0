#!/bin/bash
# Makes the clips of src/media/fixtures and the MD5 of each of their frames as ffmpeg decodes them (samples as stored).
# Usage: make-clips.sh FOLDER. Used: ffmpeg 5.1.9.
set -euo pipefail
mkdir -p "$1"
cd "$1"
ffmpeg=(ffmpeg -hide_banner -loglevel error -nostdin -y)
bitexact=(-fflags +bitexact -flags:v +bitexact)

# size, rate, seconds, then the arguments of the encoder and the file
clip() {
  timeout 60 "${ffmpeg[@]}" -f lavfi -i "testsrc2=size=$1:rate=$2:duration=$3" "${bitexact[@]}" "${@:4}"
}

clip 66x50 24 1 -c:v libx264 -g 8 -bf 3 -pix_fmt yuv420p h264-bframes.mp4
clip 64x48 30000/1001 0.8 -c:v libx264 -x264-params open-gop=1:keyint=8:bframes=3 -pix_fmt yuv420p h264-open-gop.mp4
clip 64x48 24 0.5 -vf scale=out_color_matrix=bt709:out_range=full -c:v libx264 -pix_fmt yuv420p -color_range pc \
  -colorspace bt709 -color_primaries bt709 -color_trc bt709 h264-full-range.mp4
clip 64x48 24 0.5 -c:v libx264 -pix_fmt yuv422p10le h264-422-10bit.mp4
clip 64x48 25 1 -c:v libx265 -x265-params open-gop=1:keyint=8:log-level=error -tag:v hvc1 -pix_fmt yuv420p hevc-open-gop.mp4
clip 64x48 24 1 -c:v libvpx -auto-alt-ref 1 -lag-in-frames 16 -b:v 100k -pix_fmt yuv420p vp8-hidden-frames.webm
clip 64x48 24 1 -c:v libvpx-vp9 -auto-alt-ref 1 -lag-in-frames 16 -b:v 100k -pix_fmt yuv420p vp9.webm
clip 64x48 24 0.5 -c:v libaom-av1 -cpu-used 8 -pix_fmt yuv420p av1.mp4
"${ffmpeg[@]}" -i h264-bframes.mp4 -c copy "${bitexact[@]}" -movflags frag_keyframe+empty_moov fragmented.mp4
"${ffmpeg[@]}" -i h264-bframes.mp4 -c copy "${bitexact[@]}" -metadata:s:v:0 rotate=90 rotated.mp4
"${ffmpeg[@]}" -ss 0.4 -i h264-bframes.mp4 -c copy "${bitexact[@]}" edit-list.mp4
clip 64x48 25 0.4 -filter_complex '[0]split[a][b];[a]palettegen[p];[b][p]paletteuse' colors.gif
clip 66x50 24 0.1 -pix_fmt yuv422p planes-422.y4m

# Not read here, for the converter: twelve frames, each 16 steps of luma brighter than the one before it, and a tone.
timeout 60 "${ffmpeg[@]}" -f lavfi -i "color=black:size=64x48:rate=24:duration=0.5,format=yuv420p,geq=lum='16+16*N':cb=128:cr=128" \
  -f lavfi -i sine=440:sample_rate=48000:duration=0.5 "${bitexact[@]}" -flags:a +bitexact -c:v mpeg2video -q:v 2 -bf 2 -c:a mp2 -b:a 64k steps.mpg
timeout 60 "${ffmpeg[@]}" -f lavfi -i "color=black:size=64x48:rate=30000/1001:duration=0.4,format=yuv420p,geq=lum='16+16*N':cb=128:cr=128" \
  "${bitexact[@]}" -c:v mpeg4 -q:v 2 steps.avi

for file in *.mp4 *.webm *.y4m; do
  "${ffmpeg[@]}" -noautorotate -i "$file" -fps_mode passthrough -f framemd5 - | grep -v '^#' | sed 's/.* //' > "$file.md5"
done
# Shown upright, and as colours: what a GIF and a turned clip are compared in.
"${ffmpeg[@]}" -i colors.gif -fps_mode passthrough -pix_fmt rgba -f framemd5 - | grep -v '^#' | sed 's/.* //' > colors.gif.md5
"${ffmpeg[@]}" -i rotated.mp4 -fps_mode passthrough -frames:v 1 -pix_fmt rgba rotated-first.png

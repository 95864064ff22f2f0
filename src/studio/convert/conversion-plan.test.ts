import { describe, expect, it } from 'vitest';
import { conversionPlan, type Probe } from './conversion-plan';

type Stream = Probe['streams'][number];

const video: Stream = {
  ...{ codec_type: 'video', codec_name: 'mpeg2video', width: 720, height: 576, pix_fmt: 'yuv420p' },
  ...{ color_space: 'unknown', sample_aspect_ratio: '1:1', r_frame_rate: '25/1', avg_frame_rate: '25/1' },
};
const sound: Stream = { codec_type: 'audio', codec_name: 'mp2', channels: 2, r_frame_rate: '0/0', avg_frame_rate: '0/0' };

/** What follows a parameter of ffmpeg's. */
function given(probe: Probe, parameter: string): string | undefined {
  const { parameters = [] } = conversionPlan(probe) ?? {};
  const at = parameters.indexOf(parameter);
  return at < 0 ? undefined : parameters[at + 1];
}
const ofVideo = (change: Partial<Stream>, parameter: string): string | undefined =>
  given({ streams: [{ ...video, ...change }] }, parameter);

describe('conversionPlan', () => {
  it('makes H.264 and Opus in MP4 of video, and FLAC of sound alone', () => {
    const made = conversionPlan({ streams: [sound, video], format: { duration: '2.500000' } });
    expect([made?.ending, made?.duration]).toEqual(['.mp4', 2.5]);
    expect(given({ streams: [video, sound] }, '-c:a')).toBe('libopus');
    expect(given({ streams: [video] }, '-c:a')).toBeUndefined();
    const cover: Stream = { ...video, disposition: { attached_pic: 1 } };
    expect(conversionPlan({ streams: [sound, cover], format: { duration: 'N/A' } })).toMatchObject({ kind: 'sound', ending: '.flac' });
    expect(conversionPlan({ streams: [{ codec_type: 'subtitle' }] })).toBeUndefined();
  });

  it.each([
    ['as it is said', '30000/1001', '30000/1001', '30000/1001'],
    ['as it is said, where the mean is that of a cut end', '24000/1001', '2997/125', '24000/1001'],
    ['that of the frames, where fields are said', '50/1', '25/1', '25/1'],
    ['the usual one, where a clock is said', '90000/1', '29970/1000', '30000/1001'],
    ['the mean of uneven frames', '1000/1', '17/1', '17/1'],
    ['as it is said, where no mean is known', '25/1', '0/0', '25/1'],
    ['an assumed one, where nothing is said', '0/0', '0/0', '25/1'],
  ])('keeps the rate: %s', (_, said, mean, rate) => {
    expect(ofVideo({ r_frame_rate: said, avg_frame_rate: mean }, '-r')).toBe(rate);
  });

  it('begins with the first picture, and cuts the sound to it', () => {
    const late = { streams: [{ ...video, start_time: '0.540000' }, sound], format: { start_time: '0.497000' } };
    expect(given(late, '-vf')).toBe('setpts=PTS-0.043/TB');
    expect(given(late, '-af')).toBe('atrim=start=0.043,asetpts=PTS-0.043/TB');
    expect(given({ ...late, format: { start_time: '0.540000' } }, '-af')).toBeUndefined();
    expect(given({ streams: [{ ...video, start_time: 'N/A' }, sound], format: {} }, '-vf')).toBeUndefined();
  });

  it('makes pixels square and sides even, and touches no picture that is so already', () => {
    expect(ofVideo({}, '-vf')).toBeUndefined();
    expect(ofVideo({ sample_aspect_ratio: '16:11' }, '-vf')).toBe('scale=1048:576:flags=lanczos,setsar=1');
    expect(ofVideo({ width: 321, height: 241, sample_aspect_ratio: '0:1' }, '-vf')).toBe('crop=320:240:0:0');
  });

  it('says how colours are coded, and codes those of red, green and blue', () => {
    expect(ofVideo({}, '-colorspace')).toBe('smpte170m');
    expect(ofVideo({ width: 1920, height: 1080 }, '-colorspace')).toBe('bt709');
    expect(ofVideo({ color_space: 'bt470bg' }, '-colorspace')).toBeUndefined();
    expect([ofVideo({ pix_fmt: 'bgr24' }, '-colorspace'), ofVideo({ pix_fmt: 'bgr24' }, '-vf')]).toEqual([
      'bt709',
      'scale=out_color_matrix=bt709:out_range=tv',
    ]);
  });

  it('mixes more than two channels down', () => {
    expect(given({ streams: [video, { ...sound, channels: 6 }] }, '-ac')).toBe('2');
    expect(given({ streams: [video, { ...sound, channels: 1 }] }, '-b:a')).toBe('160000');
  });
});

/** Images from files, the clipboard and the camera. */

/** The server's limit; larger images are not decoded. */
const MAX_PIXELS = 40_000_000;
const MAX_BYTES = 100 * 1024 * 1024;

export class ImageError extends Error {}

/** Returns width and height by the header, without decoding; undefined for unknown formats. */
export function dimensions(bytes: DataView): [number, number] | undefined {
  const length = bytes.byteLength;
  if (length >= 24 && bytes.getUint32(0) === 0x89504e47) {
    return [bytes.getUint32(16), bytes.getUint32(20)];
  }
  if (length >= 10 && bytes.getUint32(0) === 0x47494638) {
    return [bytes.getUint16(6, true), bytes.getUint16(8, true)];
  }
  if (length >= 26 && bytes.getUint16(0) === 0x424d) {
    return [Math.abs(bytes.getInt32(18, true)), Math.abs(bytes.getInt32(22, true))];
  }
  if (length >= 30 && bytes.getUint32(0) === 0x52494646 && bytes.getUint32(8) === 0x57454250) {
    const kind = bytes.getUint32(12);
    if (kind === 0x56503858) {
      return [1 + (bytes.getUint32(24, true) & 0xffffff), 1 + (bytes.getUint32(26, true) >>> 8)];
    }
    if (kind === 0x5650384c) {
      const bits = bytes.getUint32(21, true);
      return [1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff)];
    }
    return [bytes.getUint16(26, true) & 0x3fff, bytes.getUint16(28, true) & 0x3fff];
  }
  if (length >= 4 && bytes.getUint16(0) === 0xffd8) {
    for (let at = 2; at + 9 < length; at += 2 + bytes.getUint16(at + 2)) {
      const marker = bytes.getUint16(at);
      const frame = marker >= 0xffc0 && marker <= 0xffcf;
      if (frame && marker !== 0xffc4 && marker !== 0xffc8 && marker !== 0xffcc) {
        return [bytes.getUint16(at + 7), bytes.getUint16(at + 5)];
      }
    }
  }
  return undefined;
}

/** Decodes an image and applies its EXIF orientation. */
export async function decode(file: Blob, name: string): Promise<ImageBitmap> {
  if (file.size > MAX_BYTES) {
    throw new ImageError(`${name} is larger than 100 MB.`);
  }
  const head = new DataView(await file.slice(0, 1 << 20).arrayBuffer());
  const [width, height] = dimensions(head) ?? [0, 0];
  if (width * height > MAX_PIXELS) {
    const millions = Math.round((width * height) / 1e6);
    throw new ImageError(`${name} has ${millions} million pixels; the limit is 40 million.`);
  }
  try {
    return await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new ImageError(`${name} is not an image that this browser can read.`);
  }
}

/** The live image of a camera in a video element. */
export class Camera {
  private stream: MediaStream | undefined;

  constructor(private readonly video: HTMLVideoElement) {}

  static get available(): boolean {
    return typeof navigator.mediaDevices?.getUserMedia === 'function';
  }

  async start(): Promise<void> {
    this.stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: 'environment', width: { ideal: 1920 }, height: { ideal: 1080 } },
      audio: false,
    });
    this.video.srcObject = this.stream;
    this.video.hidden = false;
    await this.video.play();
  }

  take(): Promise<ImageBitmap> {
    return createImageBitmap(this.video);
  }

  stop(): void {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = undefined;
    this.video.srcObject = null;
    this.video.hidden = true;
  }
}

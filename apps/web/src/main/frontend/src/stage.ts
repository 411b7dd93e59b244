/**
 * The square that selects the part of an image to classify. The image always covers the square;
 * dragging, pinching, the wheel and keys move and scale it. As a drawing pad, the square takes
 * strokes instead.
 */

/** The maximum side of the selected square in pixels, more than the inputs of most classifiers. */
const MAX_SIDE = 1024;
const MAX_ZOOM = 12;
const PAD_SIDE = 448;
const STROKE = 34;

type Point = { x: number; y: number };

export class Stage {
  private readonly context: CanvasRenderingContext2D;
  private source: HTMLCanvasElement | ImageBitmap | undefined;
  private turns = 0;
  private zoom = 1;
  /** The image's point in the middle of the square, in pixels of the turned image. */
  private center: Point = { x: 0, y: 0 };
  private readonly pointers = new Map<number, Point>();
  private pad: CanvasRenderingContext2D | undefined;
  private name = '';

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly changed: () => void,
  ) {
    this.context = canvas.getContext('2d')!;
    canvas.addEventListener('pointerdown', (event) => this.down(event));
    canvas.addEventListener('pointermove', (event) => this.move(event));
    for (const kind of ['pointerup', 'pointercancel'] as const) {
      canvas.addEventListener(kind, (event) => this.pointers.delete(event.pointerId));
    }
    canvas.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    canvas.addEventListener('keydown', (event) => this.key(event));
  }

  get filled(): boolean {
    return this.source !== undefined;
  }

  get drawing(): boolean {
    return this.pad !== undefined;
  }

  /** The zoom on a logarithmic scale from 0 to 100. */
  get zoomLevel(): number {
    return (100 * Math.log(this.zoom)) / Math.log(MAX_ZOOM);
  }

  set zoomLevel(level: number) {
    this.scaleTo(Math.pow(MAX_ZOOM, level / 100), { x: 0.5, y: 0.5 });
  }

  show(source: HTMLCanvasElement | ImageBitmap, name: string): void {
    if (this.source instanceof ImageBitmap && this.source !== source) {
      this.source.close();
    }
    this.pad = undefined;
    this.source = source;
    this.name = name;
    this.turns = 0;
    this.reset();
  }

  reset(): void {
    this.zoom = 1;
    this.center = { x: this.size.x / 2, y: this.size.y / 2 };
    this.draw();
  }

  turn(): void {
    if (this.source && !this.pad) {
      // The same point stays in the middle.
      this.center = { x: this.size.y - this.center.y, y: this.center.x };
      this.turns = (this.turns + 1) % 4;
      this.draw();
    }
  }

  /** Starts a drawing in white on black, like the images that digit classifiers are trained on. */
  startDrawing(): void {
    const board = document.createElement('canvas');
    board.width = board.height = PAD_SIDE;
    this.show(board, 'A drawing');
    this.pad = board.getContext('2d', { willReadFrequently: true })!;
    this.clearPad();
  }

  clearPad(): void {
    if (this.pad) {
      this.pad.fillStyle = '#000';
      this.pad.fillRect(0, 0, PAD_SIDE, PAD_SIDE);
      this.pad.strokeStyle = '#fff';
      this.pad.lineWidth = STROKE;
      this.pad.lineCap = this.pad.lineJoin = 'round';
      this.draw();
    }
  }

  stopDrawing(): void {
    this.pad = undefined;
    this.draw();
  }

  /** The dimensions of the turned image in pixels. */
  private get size(): Point {
    const source = this.source!;
    return this.turns % 2 === 0
      ? { x: source.width, y: source.height }
      : { x: source.height, y: source.width };
  }

  /** The side of the square in pixels of the image. */
  private get side(): number {
    return Math.min(this.size.x, this.size.y) / this.zoom;
  }

  private scaleTo(zoom: number, around: Point): void {
    if (!this.source || this.pad) {
      return;
    }
    const before = this.side;
    const limit = Math.max(1, Math.min(MAX_ZOOM, Math.min(this.size.x, this.size.y) / 8));
    this.zoom = Math.min(Math.max(zoom, 1), limit);
    const change = before - this.side;
    this.center.x += (around.x - 0.5) * change;
    this.center.y += (around.y - 0.5) * change;
    this.draw();
  }

  private pan(x: number, y: number): void {
    this.center.x -= x * this.side;
    this.center.y -= y * this.side;
    this.draw();
  }

  /** Moves the square to within the image. */
  private clampCenter(): void {
    const half = this.side / 2;
    this.center.x = Math.min(Math.max(this.center.x, half), this.size.x - half);
    this.center.y = Math.min(Math.max(this.center.y, half), this.size.y - half);
  }

  /** Returns an event's position in the square, from 0 to 1. */
  private position(event: PointerEvent | WheelEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: (event.clientX - box.left) / box.width,
      y: (event.clientY - box.top) / box.height,
    };
  }

  private down(event: PointerEvent): void {
    if (!this.source) {
      return;
    }
    this.canvas.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.position(event));
    if (this.pad) {
      this.stroke(this.position(event), this.position(event));
    }
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      return;
    }
    const now = this.position(event);
    const others = [...this.pointers].filter(([id]) => id !== event.pointerId).map(([, p]) => p);
    this.pointers.set(event.pointerId, now);
    if (this.pad) {
      this.stroke(before, now);
    } else if (others.length > 0) {
      const other = others[0]!;
      const distance = (p: Point) => Math.hypot(p.x - other.x, p.y - other.y);
      this.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
      this.scaleTo((this.zoom * distance(now)) / Math.max(distance(before), 0.01), {
        x: (now.x + other.x) / 2,
        y: (now.y + other.y) / 2,
      });
    } else {
      this.pan(now.x - before.x, now.y - before.y);
    }
  }

  private stroke(from: Point, to: Point): void {
    const pad = this.pad!;
    pad.beginPath();
    pad.moveTo(from.x * PAD_SIDE, from.y * PAD_SIDE);
    pad.lineTo(to.x * PAD_SIDE, to.y * PAD_SIDE);
    pad.stroke();
    this.draw();
  }

  private wheel(event: WheelEvent): void {
    if (this.source && !this.pad) {
      event.preventDefault();
      this.scaleTo(this.zoom * Math.exp(-event.deltaY / 400), this.position(event));
    }
  }

  private key(event: KeyboardEvent): void {
    if (!this.source || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const step = event.shiftKey ? 0.2 : 0.05;
    const actions: Record<string, () => void> = {
      ArrowLeft: () => this.pan(step, 0),
      ArrowRight: () => this.pan(-step, 0),
      ArrowUp: () => this.pan(0, step),
      ArrowDown: () => this.pan(0, -step),
      '+': () => this.scaleTo(this.zoom * 1.15, { x: 0.5, y: 0.5 }),
      '=': () => this.scaleTo(this.zoom * 1.15, { x: 0.5, y: 0.5 }),
      '-': () => this.scaleTo(this.zoom / 1.15, { x: 0.5, y: 0.5 }),
      r: () => this.turn(),
      R: () => this.turn(),
      '0': () => this.reset(),
    };
    const action = actions[event.key];
    if (action && !this.pad) {
      event.preventDefault();
      action();
    }
  }

  private draw(): void {
    this.clampCenter();
    this.paint(this.context, this.canvas.width);
    this.canvas.classList.toggle('movable', !this.pad);
    this.canvas.classList.toggle('drawing', this.drawing);
    const { x, y } = this.center;
    const selection =
      this.zoom === 1
        ? ''
        : `, zoomed ${this.zoom.toFixed(1)} times at ${Math.round((100 * x) / this.size.x)} % across, ${Math.round((100 * y) / this.size.y)} % down`;
    this.canvas.setAttribute('aria-label', `${this.name}${selection}.`);
    this.changed();
  }

  /** Paints the selected part of the image on white. */
  private paint(context: CanvasRenderingContext2D, side: number): void {
    const scale = side / this.side;
    context.save();
    context.fillStyle = '#fff';
    context.fillRect(0, 0, side, side);
    context.imageSmoothingQuality = 'high';
    context.translate(side / 2, side / 2);
    context.scale(scale, scale);
    context.translate(-this.center.x, -this.center.y);
    context.translate(this.size.x / 2, this.size.y / 2);
    context.rotate((this.turns * Math.PI) / 2);
    const source = this.source!;
    context.drawImage(source, -source.width / 2, -source.height / 2);
    context.restore();
  }

  /** Returns the selected part of the image: pixels for this device, and a PNG file of them. */
  async square(): Promise<{ pixels: ImageData; file: Blob }> {
    const side = Math.max(1, Math.min(MAX_SIDE, Math.round(this.side)));
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = side;
    const context = canvas.getContext('2d', { willReadFrequently: true })!;
    this.paint(context, side);
    const pixels = context.getImageData(0, 0, side, side);
    const file = await new Promise<Blob>((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no memory'))), 'image/png');
    });
    return { pixels, file };
  }
}

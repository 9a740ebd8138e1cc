/** The package has no types of its own. These are of what the moving picture uses. */
declare module 'gifenc' {
  /** Red, green and blue, 0 to 255. */
  type Color = readonly number[];
  /** @param pixels red, green, blue and alpha of each */
  export function quantize(pixels: Uint8Array, colors: number): readonly Color[];
  /** @returns for each pixel the place of its colour in the palette */
  export function applyPalette(pixels: Uint8Array, palette: readonly Color[]): Uint8Array;
  export function GIFEncoder(): {
    writeFrame(
      indexes: Uint8Array,
      width: number,
      height: number,
      options: { readonly palette: readonly Color[]; readonly delay: number },
    ): void;
    finish(): void;
    bytes(): Uint8Array;
  };
}

// The files as pictures that can be drawn.

export interface Picture {
  bitmap: ImageBitmap;
  /** Its size as the host counts it, its orientation applied. */
  width: number;
  height: number;
  /** Pixels of the bitmap by one of the picture. */
  scale: number;
}

/** The longer side of what is kept to be drawn: more than a screen shows of a page. */
const MOST_PIXELS = 2000;

/** A picture a file; none where the browser can't show the file, such as a PDF. */
export function picturesOf(files: readonly File[]): Promise<(Picture | null)[]> {
  return Promise.all(files.map(pictureOf));
}

async function pictureOf(file: File): Promise<Picture | null> {
  let whole: ImageBitmap;
  try {
    whole = await createImageBitmap(file);
  } catch {
    return null;
  }
  const { width, height } = whole;
  const scale = Math.min(1, MOST_PIXELS / Math.max(width, height));
  if (scale === 1) return { bitmap: whole, width, height, scale };
  const resizeWidth = Math.round(width * scale);
  const bitmap = await createImageBitmap(whole, { resizeWidth, resizeQuality: "high" });
  whole.close();
  return { bitmap, width, height, scale: bitmap.width / width };
}

export function closePictures(pictures: readonly (Picture | null)[]): void {
  for (const picture of pictures) picture?.bitmap.close();
}

/** Whether a file may hold several pictures, so that its number says nothing of theirs. */
export function mayHoldSeveral(file: File): boolean {
  return /^(application\/pdf|image\/tiff?)$/.test(file.type) || /\.(pdf|tiff?)$/i.test(file.name);
}

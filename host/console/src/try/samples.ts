// The fictional documents that the program brings; the host serves them below `/console/samples/`.

export interface Sample {
  title: string;
  documentType: string;
  files: readonly string[];
}

export const SAMPLES: readonly Sample[] = [
  { title: "A photograph of a passport", documentType: "utopia/passport/2024", files: ["photograph.jpg"] },
  {
    title: "Driving licence of Meridia, with a barcode",
    documentType: "meridia/driving-licence/2025",
    files: ["meridia-driving-licence-front.jpg", "meridia-driving-licence-back.jpg"],
  },
  {
    title: "ID card of Helvetara, both sides",
    documentType: "helvetara/id-card/2023",
    files: ["helvetara-id-card-front.jpg", "helvetara-id-card-back.jpg"],
  },
  { title: "Driving licence of Norvaria", documentType: "norvaria/driving-licence/2019", files: ["norvaria-driving-licence.jpg"] },
  { title: "Residence card of Hokuto", documentType: "hokuto/residence-card/2023", files: ["hokuto-residence-card.jpg"] },
  { title: "National card of Parsavand", documentType: "parsavand/id-card/2017", files: ["parsavand-id-card.jpg"] },
];

export const pathOf = (file: string): string => `/console/samples/${file}`;

/** The files of a sample, as if somebody had chosen them. */
export function filesOf(sample: Sample): Promise<File[]> {
  return Promise.all(
    sample.files.map(async (name) => {
      const response = await fetch(pathOf(name), { credentials: "omit" });
      if (!response.ok) throw new Error(`${name} is not there.`);
      return new File([await response.blob()], name, { type: "image/jpeg" });
    }),
  );
}

/** The schema of our own tables; no statement of a request may touch it. */
export const ownSchema = '_countersign';

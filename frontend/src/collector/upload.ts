import { current } from "#i18n/collector/index.ts";

export type Uploaded = { readonly id: string } | { readonly refused: string | null };

/** Posts a file to `path`; `progress` hears the share that has arrived. A refusal carries the server's sentence. */
export function upload(path: string, file: File, progress: (share: number) => void): Promise<Uploaded> {
  const body = new FormData();
  body.append("file", file);
  // fetch() cannot tell how much of a body has left; half a gigabyte deserves a bar that moves.
  const request = new XMLHttpRequest();
  request.open("POST", path);
  request.setRequestHeader("Accept-Language", current.language);
  request.responseType = "json";
  request.upload.onprogress = (event) => progress(event.total > 0 ? event.loaded / event.total : 0);
  return new Promise((resolve) => {
    request.onerror = () => resolve({ refused: null });
    request.onload = () => {
      const answer = request.response as { id?: string; message?: string } | null;
      resolve(request.status < 300 && answer?.id ? { id: answer.id } : { refused: answer?.message ?? null });
    };
    request.send(body);
  });
}

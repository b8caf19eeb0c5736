/**
 * Gives the page the organization's colour, in any notation of CSS; tokens.css corrects it until it is readable.
 * Set through the CSSOM, since the content security policy forbids style attributes.
 */
export function applyBrand(colour: string): void {
  if (CSS.supports("color", colour)) document.documentElement.style.setProperty("--brand", colour);
}

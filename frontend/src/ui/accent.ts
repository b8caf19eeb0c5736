const COLOUR = /^#[0-9a-f]{6}$/i;

/**
 * Gives the page the organization's colour; tokens.css corrects it until it is readable. Set through the CSSOM,
 * since the content security policy forbids style attributes.
 */
export function applyBrand(colour: string): void {
  if (COLOUR.test(colour)) document.documentElement.style.setProperty("--brand", colour);
}

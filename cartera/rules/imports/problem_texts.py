"""What is wrong with a file or a row, and what was done to rows, as sentences: Spanish, English, Portuguese.

``{facts}`` are filled in by ``wording``.
"""

from __future__ import annotations

from cartera.rules.imports.problems import Notice, ProblemCode, RefusalCode
from cartera.rules.imports.texts import Texts

REFUSALS: dict[RefusalCode, Texts] = {
    RefusalCode.UNREADABLE: (
        "No se puede leer el archivo {file} ({reason}). Revise el nombre y los permisos.",
        "The file {file} cannot be read ({reason}). Check its name and permissions.",
        "Não é possível ler o arquivo {file} ({reason}). Verifique o nome e as permissões.",
    ),
    RefusalCode.EMPTY: (
        "El archivo está vacío. Expórtelo de nuevo.",
        "The file is empty. Export it again.",
        "O arquivo está vazio. Exporte-o novamente.",
    ),
    RefusalCode.BINARY: (
        "El archivo no es texto sino {kind}. Guárdelo como CSV e inténtelo otra vez.",
        "The file is not text but {kind}. Save it as CSV and try again.",
        "O arquivo não é texto e sim {kind}. Salve-o como CSV e tente de novo.",
    ),
    RefusalCode.TOO_LARGE: (
        "El archivo pesa {size_mb} MB y el máximo es {most_mb} MB. Divídalo en partes.",
        "The file has {size_mb} MB; the most is {most_mb} MB. Split it.",
        "O arquivo tem {size_mb} MB e o máximo é {most_mb} MB. Divida-o em partes.",
    ),
    RefusalCode.LINE_TOO_LONG: (
        "La línea {line} tiene más de {most} caracteres. Revise los saltos de línea y expórtelo de nuevo.",
        "Line {line} has more than {most} characters. Check the line ends and export it again.",
        "A linha {line} tem mais de {most} caracteres. Verifique as quebras de linha e exporte novamente.",
    ),
    RefusalCode.CELL_TOO_LONG: (
        "Una celda que empieza en la línea {line} es demasiado larga: quizá falta una comilla de cierre. "
        "Corríjala e inténtelo otra vez.",
        "A cell that begins on line {line} is too long: perhaps a closing quote is missing. "
        "Correct it and try again.",
        "Uma célula que começa na linha {line} é longa demais: talvez falte fechar aspas. "
        "Corrija-a e tente de novo.",
    ),
    RefusalCode.TOO_MANY_COLUMNS: (
        "El archivo tiene {columns} columnas y el máximo es {most}. Exporte solo las que hacen falta.",
        "The file has {columns} columns; the most is {most}. Export only those needed.",
        "O arquivo tem {columns} colunas e o máximo é {most}. Exporte só as necessárias.",
    ),
    RefusalCode.NO_COLUMNS: (
        "No se reconocen columnas. Sepárelas con coma, punto y coma, tabulador o barra vertical.",
        "No columns are recognised. Part them with commas, semicolons, tabs or vertical bars.",
        "Não se reconhecem colunas. Separe-as com vírgula, ponto e vírgula, tabulação ou barra vertical.",
    ),
    RefusalCode.NO_HEADER: (
        "Falta la fila de encabezados. Agréguela con el nombre de cada columna.",
        "The row of headings is missing. Add one that names every column.",
        "Falta a linha de cabeçalhos. Inclua-a com o nome de cada coluna.",
    ),
    RefusalCode.NO_ROWS: (
        "El archivo tiene encabezados pero ninguna fila que se pueda leer. Expórtelo de nuevo.",
        "The file has headings but no row that can be read. Export it again.",
        "O arquivo tem cabeçalhos, mas nenhuma linha que se possa ler. Exporte-o novamente.",
    ),
    RefusalCode.QUOTE_NOT_CLOSED: (
        "La comilla abierta en la línea {line} no se cierra nunca. Corríjala e inténtelo otra vez.",
        "The quote opened on line {line} is never closed. Correct it and try again.",
        "As aspas abertas na linha {line} nunca se fecham. Corrija-as e tente de novo.",
    ),
    RefusalCode.ENCODING_MIXED: (
        "El archivo mezcla codificaciones: las líneas {lines} no están en {rest} como las demás. "
        "Guárdelo de nuevo como UTF-8 o indique la codificación para apartar esas líneas.",
        "The file mixes encodings: lines {lines} are not {rest} as the others are. "
        "Save it again as UTF-8, or name the encoding to set those lines aside.",
        "O arquivo mistura codificações: as linhas {lines} não estão em {rest} como as demais. "
        "Salve-o novamente como UTF-8 ou indique a codificação para separar essas linhas.",
    ),
    RefusalCode.ENCODING_UNKNOWN: (
        "La línea {line} no está en UTF-8 ni en Windows-1252. Guarde el archivo como UTF-8 o indique su "
        "codificación.",
        "Line {line} is neither UTF-8 nor Windows-1252. Save the file as UTF-8 or name its encoding.",
        "A linha {line} não está em UTF-8 nem em Windows-1252. Salve o arquivo como UTF-8 ou indique a "
        "codificação.",
    ),
    RefusalCode.ENCODING_BROKEN: (
        "El archivo empieza en {encoding} y no sigue así. Guárdelo de nuevo como UTF-8.",
        "The file begins in {encoding} and does not go on in it. Save it again as UTF-8.",
        "O arquivo começa em {encoding} e não continua assim. Salve-o novamente como UTF-8.",
    ),
    RefusalCode.ENCODING_UNSUPPORTED: (
        "La codificación {encoding} no se admite. Use una de estas: {supported}.",
        "The encoding {encoding} is not supported. Use one of these: {supported}.",
        "A codificação {encoding} não é aceita. Use uma destas: {supported}.",
    ),
}

PROBLEMS: dict[ProblemCode, Texts] = {
    ProblemCode.CELLS_MISSING: (
        "La fila tiene {cells} celdas y los encabezados son {columns}.",
        "The row has {cells} cells where there are {columns} headings.",
        "A linha tem {cells} células e os cabeçalhos são {columns}.",
    ),
    ProblemCode.CELLS_EXTRA: (
        "La fila tiene {cells} celdas y los encabezados son {columns}: quizá un texto con el separador no "
        "está entre comillas.",
        "The row has {cells} cells where there are {columns} headings: perhaps a text with the separator in "
        "it is not quoted.",
        "A linha tem {cells} células e os cabeçalhos são {columns}: talvez um texto com o separador não "
        "esteja entre aspas.",
    ),
    ProblemCode.QUOTING_BROKEN: (
        "Las comillas de la fila no se entienden.",
        "The row's quotes cannot be understood.",
        "As aspas da linha não se entendem.",
    ),
    ProblemCode.BYTES_UNDECODABLE: (
        "La fila no está en {encoding}.",
        "The row is not in {encoding}.",
        "A linha não está em {encoding}.",
    ),
    ProblemCode.VALUE_MISSING: (
        "Falta «{heading}».",
        "“{heading}” is missing.",
        "Falta “{heading}”.",
    ),
    ProblemCode.TEXT_TOO_LONG: (
        "«{heading}» tiene más de {most} caracteres.",
        "“{heading}” has more than {most} characters.",
        "“{heading}” tem mais de {most} caracteres.",
    ),
    ProblemCode.FORMULA_IN_ID: (
        "«{heading}» empieza como una fórmula: {value}.",
        "“{heading}” begins like a formula: {value}.",
        "“{heading}” começa como uma fórmula: {value}.",
    ),
    ProblemCode.ID_ROUNDED: (
        "Una hoja de cálculo redondeó «{heading}»: {value}. Expórtelo como texto.",
        "A spreadsheet rounded “{heading}”: {value}. Export it as text.",
        "Uma planilha arredondou “{heading}”: {value}. Exporte-o como texto.",
    ),
    ProblemCode.CUSTOMER_ID_AMBIGUOUS: (
        "{value}, sin los ceros a la izquierda, coincide con más de un cliente.",
        "{value}, without its leading zeros, is more than one customer's.",
        "{value}, sem os zeros à esquerda, coincide com mais de um cliente.",
    ),
    ProblemCode.DOCUMENT_KIND_UNKNOWN: (
        "No se conoce el tipo de documento {value}.",
        "The kind of document {value} is not known.",
        "Não se conhece o tipo de documento {value}.",
    ),
    ProblemCode.DATE_UNREADABLE: (
        "«{heading}» no es una fecha: {value}.",
        "“{heading}” is no date: {value}.",
        "“{heading}” não é uma data: {value}.",
    ),
    ProblemCode.DATE_IMPOSSIBLE: (
        "«{heading}» es una fecha imposible en el orden {order}: {value}.",
        "“{heading}” is an impossible date in the order {order}: {value}.",
        "“{heading}” é uma data impossível na ordem {order}: {value}.",
    ),
    ProblemCode.DATE_OUT_OF_RANGE: (
        "El año de «{heading}» no puede ser: {value}.",
        "The year of “{heading}” cannot be: {value}.",
        "O ano de “{heading}” não pode ser: {value}.",
    ),
    ProblemCode.DATE_IN_FUTURE: (
        "«{heading}» no puede ser después de hoy ({today}): {value}.",
        "“{heading}” cannot be after today ({today}): {value}.",
        "“{heading}” não pode ser depois de hoje ({today}): {value}.",
    ),
    ProblemCode.DUE_BEFORE_ISSUE: (
        "Vence ({due}) antes de emitirse ({issue}).",
        "It is due ({due}) before it is issued ({issue}).",
        "Vence ({due}) antes de ser emitido ({issue}).",
    ),
    ProblemCode.TERMS_UNREADABLE: (
        "Falta el vencimiento y el plazo no es un número de días: {value}.",
        "The due date is missing and the terms are no number of days: {value}.",
        "Falta o vencimento e o prazo não é um número de dias: {value}.",
    ),
    ProblemCode.AMOUNT_UNREADABLE: (
        "«{heading}» no es un importe: {value}.",
        "“{heading}” is no amount: {value}.",
        "“{heading}” não é um valor: {value}.",
    ),
    ProblemCode.AMOUNT_ZERO: (
        "«{heading}» es cero.",
        "“{heading}” is zero.",
        "“{heading}” é zero.",
    ),
    ProblemCode.AMOUNT_NEGATIVE: (
        "Un pago no puede ser negativo: {value}.",
        "A payment cannot be negative: {value}.",
        "Um pagamento não pode ser negativo: {value}.",
    ),
    ProblemCode.AMOUNT_TOO_LARGE: (
        "«{heading}» es demasiado grande: {value}.",
        "“{heading}” is too large: {value}.",
        "“{heading}” é grande demais: {value}.",
    ),
    ProblemCode.AMOUNT_TOO_PRECISE: (
        "«{heading}» tiene más decimales que {currency}, que tiene {digits}: {value}.",
        "“{heading}” has more decimals than {currency}, which has {digits}: {value}.",
        "“{heading}” tem mais decimais que {currency}, que tem {digits}: {value}.",
    ),
    ProblemCode.CURRENCY_MISSING: (
        "La fila no dice su moneda.",
        "The row does not say its currency.",
        "A linha não diz a sua moeda.",
    ),
    ProblemCode.CURRENCY_UNKNOWN: (
        "No se conoce la moneda: {value}.",
        "The currency is not known: {value}.",
        "Não se conhece a moeda: {value}.",
    ),
    ProblemCode.CURRENCY_CONTRADICTS: (
        "El importe dice {written} y la fila {currency}.",
        "The amount says {written} and the row {currency}.",
        "O valor diz {written} e a linha {currency}.",
    ),
    ProblemCode.BALANCE_ABOVE_AMOUNT: (
        "El saldo es mayor que el importe: {value}.",
        "The balance is above the amount: {value}.",
        "O saldo é maior que o valor: {value}.",
    ),
    ProblemCode.SIGNS_DISAGREE: (
        "El saldo y el importe tienen signos distintos: {value}.",
        "Balance and amount have different signs: {value}.",
        "O saldo e o valor têm sinais diferentes: {value}.",
    ),
    ProblemCode.DUPLICATE_DIFFERS: (
        "El mismo documento está en la línea {line} con otros datos.",
        "The same document is on line {line} with other data.",
        "O mesmo documento está na linha {line} com outros dados.",
    ),
    ProblemCode.DOCUMENT_OF_ANOTHER_CUSTOMER: (
        "El documento ya está registrado a nombre de otro cliente.",
        "The document is on the books for another customer.",
        "O documento já está registrado em nome de outro cliente.",
    ),
    ProblemCode.DOCUMENT_CURRENCY_CHANGED: (
        "El documento ya está registrado en otra moneda.",
        "The document is on the books in another currency.",
        "O documento já está registrado em outra moeda.",
    ),
    ProblemCode.DOCUMENT_AMOUNT_CHANGED: (
        "El documento ya está registrado con otro importe: corrija la diferencia con una nota de crédito o "
        "de débito.",
        "The document is on the books with another amount: settle the difference by a credit or debit note.",
        "O documento já está registrado com outro valor: corrija a diferença com uma nota de crédito ou de "
        "débito.",
    ),
    ProblemCode.DOCUMENT_CLOSED: (
        "El documento está castigado o anulado y el archivo lo da por abierto.",
        "The document is written off or cancelled and the file has it open.",
        "O documento está baixado ou cancelado e o arquivo o traz em aberto.",
    ),
    ProblemCode.CUSTOMER_UNKNOWN: (
        "No hay ningún cliente «{value}»: importe primero sus documentos.",
        "There is no customer “{value}”: import their documents first.",
        "Não há nenhum cliente “{value}”: importe primeiro os documentos dele.",
    ),
    ProblemCode.DOCUMENT_UNKNOWN: (
        "No hay ningún documento «{value}» de este cliente.",
        "This customer has no document “{value}”.",
        "Não há nenhum documento “{value}” deste cliente.",
    ),
    ProblemCode.PAYMENT_CHANGED: (
        "El pago «{value}» ya está registrado con otros datos.",
        "The payment “{value}” is on the books with other data.",
        "O pagamento “{value}” já está registrado com outros dados.",
    ),
    ProblemCode.RECEIVED_IN_FUTURE: (
        "La fecha del pago es posterior a hoy: {value}. Corríjala, o impórtelo cuando llegue ese día.",
        "The payment is dated after today: {value}. Correct the date, or import it once that day has come.",
        "A data do pagamento é posterior a hoje: {value}. Corrija-a, ou importe-o quando chegar esse dia.",
    ),
    ProblemCode.EMAIL_INVALID: (
        "El correo no es válido: {value}.",
        "The e-mail address is not valid: {value}.",
        "O e-mail não é válido: {value}.",
    ),
    ProblemCode.PHONE_INVALID: (
        "El teléfono no es válido: {value}.",
        "The telephone number is not valid: {value}.",
        "O telefone não é válido: {value}.",
    ),
}

NOTICES: dict[Notice, Texts] = {
    Notice.CREDIT_NOTE_PROPOSED: (
        "{count} filas con importe negativo se proponen como notas de crédito.",
        "{count} rows with a negative amount are proposed as credit notes.",
        "{count} linhas com valor negativo são propostas como notas de crédito.",
    ),
    Notice.DUE_FROM_TERMS: (
        "El vencimiento de {count} documentos se calculó con el plazo.",
        "The due date of {count} documents follows from the terms.",
        "O vencimento de {count} documentos foi calculado com o prazo.",
    ),
    Notice.ISSUE_FROM_TERMS: (
        "La emisión de {count} documentos se calculó con el plazo.",
        "The issue date of {count} documents follows from the terms.",
        "A emissão de {count} documentos foi calculada com o prazo.",
    ),
    Notice.REPEATED: (
        "{count} filas repiten otra y se toman una sola vez.",
        "{count} rows repeat another and are taken once.",
        "{count} linhas repetem outra e são tomadas uma só vez.",
    ),
    Notice.FORMULA_TEXT: (
        "{count} textos que empiezan como fórmula se guardan como texto.",
        "{count} texts that begin like a formula are kept as text.",
        "{count} textos que começam como fórmula são guardados como texto.",
    ),
    Notice.DECIMALS_ROUNDED: (
        "{count} importes se redondearon a los decimales de su moneda.",
        "{count} amounts were rounded to their currency's decimals.",
        "{count} valores foram arredondados aos decimais da sua moeda.",
    ),
    Notice.ZEROS_STRIPPED: (
        "{count} filas se asignaron a un cliente conocido sin los ceros a la izquierda.",
        "{count} rows were given to a known customer without leading zeros.",
        "{count} linhas foram atribuídas a um cliente conhecido sem os zeros à esquerda.",
    ),
    Notice.GONE_LEFT_OPEN: (
        "Se rechazaron {count} filas que pueden ser de cualquier documento: nada se da por liquidado por "
        "faltar en la lista. Corríjalas e importe la lista otra vez.",
        "{count} rows were refused that may be of any document, so nothing was settled as gone from the "
        "list. Correct them and import the list again.",
        "Foram recusadas {count} linhas que podem ser de qualquer documento: nada se dá por quitado por "
        "faltar na lista. Corrija-as e importe a lista novamente.",
    ),
}

"""Sentences about imports, each in Spanish, English and Portuguese; ``{facts}`` are filled by ``wording``.

Sentences name no option of the command line: a screen shows them too.
"""

from __future__ import annotations

from cartera.rules.imports.fields import Field
from cartera.rules.imports.questions import QuestionCode

Texts = tuple[str, str, str]

QUESTIONS: dict[QuestionCode, Texts] = {
    QuestionCode.KIND: (
        "¿Son facturas, pagos o contactos? Las columnas no lo deciden.",
        "Are these invoices, payments or contacts? The columns do not decide it.",
        "São faturas, pagamentos ou contatos? As colunas não decidem.",
    ),
    QuestionCode.COLUMN_MISSING: (
        "¿Qué columna tiene {field_name}? Ninguna se reconoce.",
        "Which column holds {field_name}? None is recognised.",
        "Qual coluna tem {field_name}? Nenhuma é reconhecida.",
    ),
    QuestionCode.COLUMN_TWICE: (
        "¿Qué columna tiene {field_name}? Hay más de una: {headings}.",
        "Which column holds {field_name}? There is more than one: {headings}.",
        "Qual coluna tem {field_name}? Há mais de uma: {headings}.",
    ),
    QuestionCode.DATE_ORDER: (
        "¿En qué orden están día y mes? Ninguna fecha lo decide ({examples}).",
        "In which order are day and month? No date decides it ({examples}).",
        "Em que ordem estão dia e mês? Nenhuma data decide ({examples}).",
    ),
    QuestionCode.DATE_ORDER_CONFLICT: (
        "¿En qué orden están día y mes? Las fechas se contradicen entre sí o con lo recordado ({examples}).",
        "In which order are day and month? The dates contradict each other or what was remembered "
        "({examples}).",
        "Em que ordem estão dia e mês? As datas se contradizem entre si ou com o lembrado ({examples}).",
    ),
    QuestionCode.DECIMAL_SIGN: (
        "¿El signo decimal es punto o coma? Ningún importe lo decide ({examples}).",
        "Is the decimal sign a point or a comma? No amount decides it ({examples}).",
        "O sinal decimal é ponto ou vírgula? Nenhum valor decide ({examples}).",
    ),
    QuestionCode.DECIMAL_SIGN_CONFLICT: (
        "¿El signo decimal es punto o coma? Los importes se contradicen entre sí o con lo recordado "
        "({examples}).",
        "Is the decimal sign a point or a comma? The amounts contradict each other or what was remembered "
        "({examples}).",
        "O sinal decimal é ponto ou vírgula? Os valores se contradizem entre si ou com o lembrado "
        "({examples}).",
    ),
    QuestionCode.CURRENCY: (
        "¿En qué moneda están los importes? {rows} filas no lo dicen ({examples}).",
        "Which currency are the amounts in? {rows} rows do not say ({examples}).",
        "Em que moeda estão os valores? {rows} linhas não dizem ({examples}).",
    ),
    QuestionCode.CURRENCY_OF_WORD: (
        "¿Qué moneda es «{word}» en {heading}? Lo dicen {rows} filas.",
        "Which currency is “{word}” in {heading}? {rows} rows say it.",
        "Que moeda é “{word}” em {heading}? {rows} linhas dizem isso.",
    ),
    QuestionCode.CURRENCY_OF_GROUP: (
        "¿En qué moneda están las {rows} filas con {heading} = {value}? El archivo dice {currency}, pero "
        "{reasons_said} ({examples}).",
        "Which currency are the {rows} rows with {heading} = {value} in? The file says {currency}, but "
        "{reasons_said} ({examples}).",
        "Em que moeda estão as {rows} linhas com {heading} = {value}? O arquivo diz {currency}, mas "
        "{reasons_said} ({examples}).",
    ),
    QuestionCode.LEADING_ZEROS: (
        "¿Son clientes conocidos? {rows} filas coinciden solo sin los ceros a la izquierda ({examples}).",
        "Are these known customers? {rows} rows match only without leading zeros ({examples}).",
        "São clientes conhecidos? {rows} linhas coincidem só sem os zeros à esquerda ({examples}).",
    ),
    QuestionCode.TERMS: (
        "¿Cuántos días de plazo hay? El archivo no trae {field_name}, que se calcula con el plazo.",
        "How many days are the terms? The file lacks {field_name}, which follows from them.",
        "Quantos dias de prazo? O arquivo não traz {field_name}, que se calcula com o prazo.",
    ),
    QuestionCode.SETTLED_SHORT: (
        "¿Lo que falta se debe todavía? Hay documentos saldados por menos que su importe ({examples}).",
        "Is the rest still owed? Some documents were settled for less than their amount ({examples}).",
        "O que falta ainda é devido? Há documentos quitados por menos que o seu valor ({examples}).",
    ),
}

GROUP_REASONS: dict[str, Texts] = {
    "code": (
        "el código es de otro país",
        "the code is another country's",
        "o código é de outro país",
    ),
    "terms": (
        "sus condiciones de pago son de otro país",
        "its payment terms are another country's",
        "as condições de pagamento são de outro país",
    ),
    "decimals": (
        "solo sus importes tienen más decimales, como tras una conversión",
        "only its amounts have more decimals, as after a conversion",
        "só os seus valores têm mais decimais, como depois de uma conversão",
    ),
}

FIELDS: dict[Field, Texts] = {
    Field.COMPANY_CODE: ("el código de empresa", "the company code", "o código da empresa"),
    Field.CUSTOMER_ID: ("el código del cliente", "the customer's id", "o código do cliente"),
    Field.CUSTOMER_NAME: ("el nombre del cliente", "the customer's name", "o nome do cliente"),
    Field.TAX_ID: ("la identificación fiscal", "the tax id", "a identificação fiscal"),
    Field.DOCUMENT_KIND: ("el tipo de documento", "the kind of document", "o tipo de documento"),
    Field.SERIES: ("la serie", "the series", "a série"),
    Field.NUMBER: ("el número del documento", "the document's number", "o número do documento"),
    Field.INSTALMENT: ("la cuota", "the instalment", "a parcela"),
    Field.ISSUE_DATE: ("la fecha de emisión", "the issue date", "a data de emissão"),
    Field.DUE_DATE: ("la fecha de vencimiento", "the due date", "a data de vencimento"),
    Field.TERMS: ("el plazo", "the terms", "o prazo"),
    Field.AMOUNT: ("el importe", "the amount", "o valor"),
    Field.BALANCE: ("el saldo", "the balance", "o saldo"),
    Field.CURRENCY: ("la moneda", "the currency", "a moeda"),
    Field.SETTLED_DATE: ("la fecha de pago", "the settlement date", "a data de pagamento"),
    Field.SETTLED_AMOUNT: ("el importe pagado", "the amount settled", "o valor pago"),
    Field.SALESPERSON: ("el vendedor", "the salesperson", "o vendedor"),
    Field.SALES_GROUP: ("el grupo de ventas", "the sales group", "o grupo de vendas"),
    Field.PRODUCT_LINE: ("la línea de producto", "the product line", "a linha de produto"),
    Field.FISCAL_ID: ("el folio fiscal", "the e-invoice id", "a chave fiscal"),
    Field.PAYMENT_ID: ("la referencia del pago", "the payment's reference", "a referência do pagamento"),
    Field.RECEIVED_DATE: ("la fecha del pago", "the payment's date", "a data do pagamento"),
    Field.METHOD: ("la forma de pago", "the payment method", "a forma de pagamento"),
    Field.CONTACT_NAME: ("el nombre del contacto", "the contact's name", "o nome do contato"),
    Field.ROLE: ("el cargo", "the role", "o cargo"),
    Field.EMAIL: ("el correo", "the e-mail address", "o e-mail"),
    Field.PHONE: ("el teléfono", "the telephone number", "o telefone"),
    Field.LANGUAGE: ("el idioma", "the language", "o idioma"),
}

UNREADABLE: dict[str, Texts] = {
    "MISSING": ("no existe", "it does not exist", "não existe"),
    "FOLDER": ("es una carpeta", "it is a folder", "é uma pasta"),
    "SPECIAL": ("no es un archivo normal", "it is no regular file", "não é um arquivo comum"),
    "DENIED": ("no hay permiso", "permission is denied", "não há permissão"),
    "DEVICE": ("falla el disco", "the disk fails", "falha do disco"),
}
BINARY_DATA: Texts = ("datos binarios", "binary data", "dados binários")
LINE: Texts = ("línea", "line", "linha")
OR: Texts = ("o", "or", "ou")
BAD_ROW_TITLES: tuple[Texts, Texts] = (
    ("Cartera: línea", "Cartera: line", "Cartera: linha"),
    ("Cartera: motivo", "Cartera: reason", "Cartera: motivo"),
)

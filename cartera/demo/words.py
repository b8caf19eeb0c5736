"""Words that names of companies, schools, clinics and people are put together from.

Invented combinations of common words: no name of a real company is meant. Words that change with gender
are left out, so that any head ("Constructora", "Almacenes") goes with any tail ("Azteca", "del Norte").
"""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split(", "))


FEMALE_NAMES = _words(
    "María Fernanda, Ana Lucía, Gabriela, Paola, Carolina, Daniela, Verónica, Claudia, Andrea, Patricia, "
    "Laura, Mónica, Alejandra, Rosa Elena, Camila, Valentina, Natalia, Sofía, Isabel, Beatriz, Francisca,"
    " Catalina, Marcela, Silvia, Lorena, Adriana, Ximena, Constanza, Leticia, Guadalupe"
)

MALE_NAMES = _words(
    "Juan Carlos, José Luis, Miguel Ángel, Andrés, Felipe, Ricardo, Fernando, Jorge, Luis Alberto, Carlos"
    " Eduardo, Sebastián, Mauricio, Óscar, Héctor, Rodrigo, Cristián, Diego, Gustavo, Raúl, Javier, "
    "Alejandro, Sergio, Manuel, Francisco, Pablo, Ignacio, Arturo, Hernán, Germán, Emilio"
)

SURNAMES = {
    "MX": _words(
        "Hernández, García, Martínez, López, González, Rodríguez, Pérez, Sánchez, Ramírez, Flores, "
        "Torres, Rivera, Cruz, Morales, Reyes, Gutiérrez, Ortiz, Mendoza, Aguilar, Garza, Treviño, "
        "Salinas, Cantú, Villarreal, Ibarra, Zamora, Cervantes, Escobedo, Olvera, Ponce, Barrera, "
        "Arriaga, Quintanilla, Tapia, Lozano, Montemayor, Ochoa, Palacios, Rangel, Solís"
    ),
    "CO": _words(
        "Restrepo, Gómez, Rodríguez, Londoño, Jaramillo, Ospina, Arango, Cárdenas, Castaño, Giraldo, "
        "Betancur, Zuluaga, Mejía, Uribe, Vélez, Echeverri, Rojas, Moreno, Quintero, Hoyos, Montoya, "
        "Salazar, Duque, Ríos, Pineda, Cardona, Acevedo, Bedoya, Marulanda, Patiño, Suárez, Barreto, "
        "Caicedo, Bonilla, Forero, Garzón, Murillo, Peña, Rincón, Toro"
    ),
    "CL": _words(
        "Muñoz, Rojas, Díaz, Soto, Contreras, Silva, Sepúlveda, Morales, Fuentes, Araya, Espinoza, "
        "Valenzuela, Tapia, Reyes, Castillo, Figueroa, Vergara, Riquelme, Bravo, Sandoval, Henríquez, "
        "Carrasco, Alarcón, Cáceres, Vidal, Saavedra, Lagos, Parra, Olivares, Yáñez, Donoso, Letelier, "
        "Undurraga, Larraín, Ossandón, Gallardo, Cifuentes, Aravena, Poblete, Jara"
    ),
}

CITIES = {
    "MX": _words(
        "Monterrey, Guadalajara, Ciudad de México, Querétaro, Puebla, León, Mérida, Tijuana, Toluca, "
        "Saltillo, Aguascalientes, Morelia, Veracruz, Hermosillo"
    ),
    "CO": _words(
        "Bogotá, Medellín, Cali, Barranquilla, Bucaramanga, Pereira, Cartagena, Manizales, Ibagué, "
        "Villavicencio, Armenia, Pasto"
    ),
    "CL": _words(
        "Santiago, Valparaíso, Concepción, La Serena, Temuco, Rancagua, Antofagasta, Talca, Puerto Montt,"
        " Iquique, Chillán, Viña del Mar"
    ),
}

PLACES = {
    "MX": _words(
        "del Bajío, del Norte, del Sureste, del Golfo, del Pacífico, de Occidente, Azteca, Anáhuac, "
        "Sierra Madre, Tepeyac, de la Laguna, del Valle, de Jalisco, de Sonora, Huasteca, del Istmo, San "
        "Ángel, Altamira, Tres Ríos, Santa Lucía, La Esperanza, El Roble"
    ),
    "CO": _words(
        "del Valle, de los Andes, del Caribe, de Antioquia, del Eje, de la Sabana, Monserrate, del Cauca,"
        " del Magdalena, Santander, de Boyacá, del Quindío, Los Nevados, El Dorado, La Macarena, "
        "Tequendama, San Jerónimo, Guatapurí, La Ceiba, El Guadual, Río Claro, Sumapaz"
    ),
    "CL": _words(
        "Los Andes, del Maipo, Austral, Biobío, Cordillera, Araucanía, del Elqui, Pacífico Sur, Los "
        "Lagos, Aconcagua, Patagonia, del Maule, Los Aromos, Tierra del Sur, Huelén, Cachapoal, Los "
        "Robles, Santa Rosa, El Arrayán, Lautaro, Puerto Claro, Colchagua"
    ),
}

COMPANY_HEADS = {
    "retail": _words("Comercializadora, Distribuidora, Almacenes, Comercial, Tiendas, Mayoristas"),
    "construction": _words("Constructora, Materiales, Ferretería, Ingeniería, Inmobiliaria, Concretos"),
    "manufacturing": _words("Industrias, Manufacturas, Plásticos, Textiles, Metalúrgica, Empaques"),
    "food": _words("Alimentos, Panificadora, Lácteos, Restaurantes, Procesadora, Molinos"),
    "logistics": _words("Transportes, Logística, Autotransportes, Bodegas, Mensajería, Carga"),
    "hospitality": _words("Hotelera, Hoteles, Eventos, Turismo, Banquetes, Inversiones Turísticas"),
    "services": _words("Servicios, Consultores, Soluciones, Seguridad, Publicidad, Corporativo"),
    "agriculture": _words("Agrícola, Agroindustrias, Ganadera, Frutícola, Semillas, Invernaderos"),
}

SCHOOL_HEADS = {
    "MX": _words("Colegio, Instituto, Centro Educativo, Escuela, Liceo, Centro Escolar"),
    "CO": _words("Colegio, Gimnasio, Liceo, Instituto, Institución Educativa, Centro Educativo"),
    "CL": _words("Colegio, Liceo, Instituto, Escuela, Centro Educacional, Complejo Educacional"),
}

SCHOOL_NAMES = _words(
    "Simón Bolívar, Gabriela Mistral, Sor Juana Inés, Miguel de Cervantes, Rubén Darío, San Francisco, "
    "Santa Teresa, Nuestra Señora del Carmen, San José, María Auxiliadora, Los Olivos, Nuevo Mundo, Las "
    "Américas, Alexander von Humboldt, Paulo Freire, Nueva Generación, San Agustín, El Bosque, Mundo "
    "Nuevo, Santo Tomás, Jean Piaget, La Asunción, Andrés Bello, José Martí, Alfonso Reyes, San Rafael, "
    "El Manantial, Cumbres Altas, Sagrada Familia, San Ignacio"
)

CLINIC_HEADS = {
    "MX": _words("Clínica, Hospital, Centro Médico, Laboratorio, Sanatorio, Centro Dental"),
    "CO": _words("Clínica, Centro Médico, Laboratorio Clínico, Hospital, Droguerías, Unidad Odontológica"),
    "CL": _words(
        "Clínica, Centro Médico, Laboratorio Clínico, Centro Dental, Hospital, Centro Oftalmológico"
    ),
}

CLINIC_NAMES = _words(
    "Santa Fe, San Lucas, La Salud, Santa Mónica, Del Parque, Los Ángeles, San Rafael, Vida Nueva, Santa "
    "María, Esperanza, San Vicente, Del Río, La Merced, San Camilo, Las Américas, Providencia, Bella "
    "Vista, Santa Clara, Altos del Sur, San Pedro"
)

# Repeated as often as it should be drawn.
LEGAL_FORMS = {
    ("MX", "company"): _words(
        "S.A. de C.V., S.A. de C.V., S.A. de C.V., S.A. de C.V., S.A. de C.V., S.A. de C.V., S. de R.L. "
        "de C.V., S. de R.L. de C.V., S.A.P.I. de C.V."
    ),
    ("MX", "school"): _words("A.C., A.C., A.C., S.C., S.C."),
    ("MX", "clinic"): _words("S.A. de C.V., S.A. de C.V., S.C."),
    ("CO", "company"): _words("S.A.S., S.A.S., S.A.S., S.A.S., S.A.S., S.A.S., S.A.S., S.A., Ltda."),
    ("CO", "school"): _words("S.A.S., Ltda."),
    ("CO", "clinic"): _words("IPS S.A.S., IPS S.A.S., S.A.S."),
    ("CL", "company"): _words("SpA, SpA, SpA, SpA, SpA, Ltda., Ltda., Ltda., S.A., S.A."),
    ("CL", "school"): _words("SpA, Corporación Educacional, Fundación Educacional"),
    ("CL", "clinic"): _words("SpA, SpA, S.A."),
}

GROUPS = _words(
    "Grupo Altamira, Grupo Tres Ríos, Red Educativa Horizonte, Red de Salud Vida Nueva, Grupo Cordillera,"
    " Grupo Sierra Madre, Corporación El Roble, Grupo Pacífico Sur"
)

TAGS = _words(
    "exige orden de compra, portal de proveedores, revisión los lunes, cliente estratégico, entrega "
    "parcial, factura en dólares, pago con cheque, requiere estado de cuenta"
)

PRODUCT_LINES = {
    "company": _words("Papelería y oficina, Limpieza e higiene, Mobiliario, Tecnología"),
    "school": _words("Papelería y oficina, Mobiliario escolar, Tecnología, Limpieza e higiene"),
    "clinic": _words("Insumos médicos, Limpieza e higiene, Mobiliario clínico, Papelería y oficina"),
}

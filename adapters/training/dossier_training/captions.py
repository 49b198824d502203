"""What documents print beside their values, by language."""

_ORDER = (
    "surname", "given_names", "full_name", "document_number", "personal_number", "nationality", "issuing_state", "date_of_birth",
    "place_of_birth", "sex", "height", "eye_colour", "date_of_issue", "date_of_expiry", "authority", "address", "categories",
    "restrictions", "document_code", "card_access_number",
)  # fmt: skip

# Of each language, the captions in the order above; alternatives are parted by |.
_CAPTIONS = {
    "en": """Surname|Last name|Family name;Given names|First names|Forenames;Full name|Name|Holder;Document No.|Passport No.|Card number|No.|Licence No.;
        Personal No.|ID number|Identity No.;Nationality|Citizenship;Code of issuing State|Issuing country|Country code;Date of birth|Born;
        Place of birth|Birthplace;Sex|Gender;Height;Eyes|Colour of eyes;Date of issue|Issued|Valid from;Date of expiry|Expires|Valid until;
        Authority|Issued by;Address|Residence;Categories|Classes;Restrictions|Codes;Type|Code;CAN|Access No.""",
    "fr": """Nom;Prénoms;Nom complet|Titulaire;No. du document|Passeport No.;No. personnel;Nationalité;Code du pays;Date de naissance|Né(e) le;Lieu de naissance;
        Sexe;Taille;Couleur des yeux|Yeux;Date de délivrance;Date d'expiration|Valable jusqu'au;Autorité|Délivré par;Domicile|Adresse;Catégories;Restrictions;Type;CAN""",
    "de": """Name|Familienname;Vornamen;Name|Inhaber;Ausweisnummer|Pass-Nr.;Personennummer;Staatsangehörigkeit;Staat;Geburtsdatum|Geburtstag;Geburtsort;
        Geschlecht;Größe;Augenfarbe;Ausstellungsdatum;Gültig bis|Ablaufdatum;Behörde;Anschrift|Wohnort;Klassen;Auflagen;Typ;CAN""",
    "es": """Apellidos;Nombres|Nombre;Nombre completo|Titular;Documento No.|Pasaporte No.;No. personal;Nacionalidad;Código de país;Fecha de nacimiento;
        Lugar de nacimiento;Sexo;Estatura;Ojos;Fecha de expedición|Emisión;Fecha de caducidad|Vencimiento|Válido hasta;Autoridad;Domicilio;Clases;Restricciones;Tipo;CAN""",
    "pt": """Apelidos|Sobrenome;Nomes próprios|Nome;Nome completo;Documento No.;No. de identificação;Nacionalidade;Código do país;Data de nascimento;Naturalidade;
        Sexo;Altura;Olhos;Data de emissão;Data de validade|Válido até;Entidade emissora;Morada;Categorias;Restrições;Tipo;CAN""",
    "it": """Cognome;Nome|Nomi;Titolare;Documento N.;Codice personale;Cittadinanza;Codice paese;Data di nascita;Luogo di nascita;Sesso;Statura;Occhi;
        Data di rilascio;Data di scadenza;Autorità;Residenza;Categorie;Restrizioni;Tipo;CAN""",
    "pl": """Nazwisko;Imiona;Posiadacz;Numer dokumentu|Nr;Numer osobisty|PESEL;Obywatelstwo;Kod państwa;Data urodzenia;Miejsce urodzenia;Płeć;Wzrost;Kolor oczu;
        Data wydania;Data ważności|Ważny do;Organ wydający;Adres;Kategorie;Ograniczenia;Typ;CAN""",
    "cs": """Příjmení;Jméno|Jména;Držitel;Číslo dokladu;Rodné číslo;Státní občanství;Kód státu;Datum narození;Místo narození;Pohlaví;Výška;Barva očí;
        Datum vydání;Platnost do;Úřad|Vydal;Trvalý pobyt;Skupiny;Omezení;Typ;CAN""",
    "hu": """Családi név;Utónév;Viselt név;Okmányszám;Személyi szám;Állampolgárság;Országkód;Születési idő;Születési hely;Nem;Magasság;Szemszín;
        Kiállítva;Érvényes;Hatóság;Lakcím;Kategóriák;Korlátozások;Típus;CAN""",
    "tr": """Soyadı;Adı;Adı soyadı;Belge No|Seri No;Kimlik No;Uyruğu;Ülke kodu;Doğum tarihi;Doğum yeri;Cinsiyeti;Boy;Göz rengi;Veriliş tarihi;
        Son geçerlilik;Veren makam;Adres;Sınıflar;Kısıtlamalar;Tür;CAN""",
    "nl": """Naam|Achternaam;Voornamen;Houder;Documentnr.;Persoonsnummer;Nationaliteit;Landcode;Geboortedatum;Geboorteplaats;Geslacht;Lengte;Kleur ogen;
        Datum afgifte;Geldig tot;Instantie;Adres;Categorieën;Beperkingen;Type;CAN""",
    "fi": """Sukunimi|Efternamn;Etunimet|Förnamn;Haltija;Asiakirjan nro;Henkilötunnus;Kansalaisuus;Maakoodi;Syntymäaika;Syntymäpaikka;Sukupuoli;Pituus;Silmät;
        Myönnetty;Voimassa|Viimeinen voimassaolopäivä;Viranomainen;Osoite;Luokat;Rajoitukset;Tyyppi;CAN""",
    "id": """Nama keluarga;Nama;Nama lengkap;Nomor dokumen;NIK;Kewarganegaraan;Kode negara;Tanggal lahir;Tempat lahir;Jenis kelamin;Tinggi;Warna mata;
        Tanggal terbit;Berlaku hingga;Dikeluarkan oleh;Alamat;Golongan;Pembatasan;Jenis;CAN""",
    "ru": """Фамилия;Имя|Имена;Владелец;Номер документа|№;Личный номер;Гражданство;Код государства;Дата рождения;Место рождения;Пол;Рост;Цвет глаз;
        Дата выдачи;Действителен до;Орган;Место жительства;Категории;Ограничения;Тип;CAN""",
    "el": """Επώνυμο;Όνομα;Κάτοχος;Αριθμός εγγράφου;Προσωπικός αρ.;Ιθαγένεια;Κωδικός χώρας;Ημερομηνία γέννησης;Τόπος γέννησης;Φύλο;Ύψος;Μάτια;
        Ημερομηνία έκδοσης;Ημερομηνία λήξης;Αρχή;Διεύθυνση;Κατηγορίες;Περιορισμοί;Τύπος;CAN""",
}
LANGUAGES = tuple(_CAPTIONS)

# As on licences of the 1968 Vienna convention; fields that it doesn't number keep their words.
NUMERALS = {
    "surname": "1.", "given_names": "2.", "date_of_birth": "3.", "place_of_birth": "3.", "date_of_issue": "4a.", "date_of_expiry": "4b.",
    "authority": "4c.", "personal_number": "4d.", "document_number": "5.", "address": "8.", "categories": "9.", "restrictions": "12.",
}  # fmt: skip


def _parsed(text: str) -> dict[str, tuple[str, ...]]:
    return {field: tuple(part.strip().split("|")) for field, part in zip(_ORDER, text.split(";"), strict=True)}


CAPTIONS = {language: _parsed(text) for language, text in _CAPTIONS.items()}

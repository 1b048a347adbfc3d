#include <array>

#include "report/wording.hpp"

// The page's sentences in Norwegian bokmål, in the order of the files that say them. Numbers of places {} are
// the same on both sides (a test).
namespace snitt::report {
namespace {

using Pair = std::pair<std::string_view, std::string_view>;
constexpr std::array words{
    // numbers and dates
    Pair{"{} ({} to {})", "{} ({} til {})"},
    Pair{"{0} {1} {2}", "{0}. {1} {2}"},
    Pair{"January", "januar"},
    Pair{"February", "februar"},
    Pair{"March", "mars"},
    Pair{"April", "april"},
    Pair{"May", "mai"},
    Pair{"June", "juni"},
    Pair{"July", "juli"},
    Pair{"August", "august"},
    Pair{"September", "september"},
    Pair{"October", "oktober"},
    Pair{"November", "november"},
    Pair{"December", "desember"},
    Pair{"yes", "ja"},
    Pair{"no", "nei"},
    Pair{"n = {}", "n = {}"},
    Pair{"(none)", "(ingen)"},
    Pair{"99.8 %", "99,8 %"},
    // the page
    Pair{"Results", "Resultater"},
    Pair{"Contents", "Innhold"},
    Pair{"What needs your attention", "Dette trenger oppmerksomhet"},
    Pair{"Nothing: every verdict is good.", "Ingenting: alle vurderinger er gode."},
    Pair{"The verdict is doubtful.", "Vurderingen er tvilsom."},
    Pair{"good", "god"},
    Pair{"doubtful", "tvilsom"},
    Pair{", found by {}", ", funnet med metoden {}"},
    Pair{"What was found: {} quantities", "Hva som ble funnet: {} størrelser"},
    Pair{"Why: see what needs your attention", "Hvorfor: se det som trenger oppmerksomhet"},
    Pair{"Tables without rows: {}.", "Tabeller uten rader: {}."},
    // methods
    Pair{"check of records", "kontroll av rader"},
    Pair{"forecast by back-test", "fremskriving med tilbakeprøving"},
    Pair{"cell suppression", "utelatelse av små tall"},
    Pair{"k-anonymity", "k-anonymitet"},
    Pair{"activity-count", "telling"},
    Pair{"activity-compare", "sammenligning av tellinger"},
    Pair{"activity-rates", "rater"},
    Pair{"activity-variation", "variasjon mellom områder"},
    Pair{"activity-repeats", "gjentatte undersøkelser"},
    Pair{"turnaround", "vente- og svartider"},
    Pair{"utilization", "bruk av skannere"},
    Pair{"capacity by simulation", "kapasitet ved simulering"},
    Pair{"quantity", "størrelse"},
    Pair{"value (95 % confidence interval)", "verdi (95 % konfidensintervall)"},
    Pair{"Tables", "Tabeller"},
    Pair{"Table", "Tabell"},
    Pair{"Picture", "Bilde"},
    Pair{"Not shown", "Ikke vist"},
    Pair{"Table {}: {}", "Tabell {}: {}"},
    Pair{"Table {}: {}.", "Tabell {}: {}."},
    Pair{"Table {}.", "Tabell {}."},
    Pair{"{} row", "{} rad"},
    Pair{"{} rows", "{} rader"},
    Pair{"What the columns are", "Hva kolonnene er"},
    Pair{"The first {} of {} rows are shown. All of them are in the file; snitt-report --csv and "
         "snitt-export write them.",
         "De første {} av {} rader er vist. Alle står i filen; snitt-report --csv og snitt-export skriver "
         "dem ut."},
    Pair{"Columns without values: {}.", "Kolonner uten verdier: {}."},
    Pair{"{} columns: too wide for paper; the file and snitt-report --csv have them all.",
         "{} kolonner: for bred til papir; filen og snitt-report --csv har alle."},
    Pair{"{}, {}, one file", "{}, {}, én fil"},
    Pair{"{}, {}, {} files", "{}, {}, {} filer"},
    Pair{"Where everything came from", "Hvor alt kommer fra"},
    Pair{"file", "fil"},
    Pair{"made by", "laget av"},
    Pair{"at", "tidspunkt"},
    Pair{"{}: its history cannot be read: {}", "{}: historien kan ikke leses: {}"},
    Pair{"Commands that make {} again", "Kommandoer som lager {} på nytt"},
    Pair{"Made by {}. This page needs no network; the files it shows hold all numbers in full.",
         "Laget av {}. Siden trenger ikke nettverk; filene den viser, har alle tall i full lengde."},
    Pair{"nothing to show: {}", "ingenting å vise: {}"},
    // kinds of results
    Pair{"Doses of a site for sharing", "Et steds doser til deling"},
    Pair{"Doses compared between groups", "Doser sammenlignet mellom grupper"},
    Pair{"Size of the patient", "Pasientens størrelse"},
    Pair{"Visual grading", "Visuell gradering"},
    Pair{"Readers' areas under the curve", "Leseres areal under kurven"},
    Pair{"Image quality of a phantom", "Bildekvalitet i fantom"},
    Pair{"Image quality of patients", "Bildekvalitet hos pasienter"},
    Pair{"Error of a registration", "Feil i en registrering"},
    Pair{"Calibration of a pointer", "Kalibrering av en peker"},
    Pair{"Calibration of a probe", "Kalibrering av en probe"},
    Pair{"Calibration of time", "Kalibrering av tid"},
    Pair{"Registration of landmarks", "Registrering av landemerker"},
    Pair{"Registration of images", "Registrering av bilder"},
    Pair{"Registration of points or center lines", "Registrering av punkter eller senterlinjer"},
    Pair{"Registration of a path in the airways", "Registrering av en vei i luftveiene"},
    Pair{"Transform {}", "Transformasjon {}"},
    Pair{"Irradiation events", "Bestrålingshendelser"},
    Pair{"Studies and their dose", "Undersøkelser og deres dose"},
    Pair{"What became of each file", "Hva det ble av hver fil"},
    Pair{"What is odd in the documents", "Hva som er påfallende i dokumentene"},
    Pair{"{} places in the documents are odd.", "{} steder i dokumentene er påfallende."},
    Pair{"{} of {} files are damaged or could not be read.",
         "{} av {} filer er skadet eller kunne ikke leses."},
    // comparison of doses
    Pair{"{}: {} of each group", "{}: {} i hver gruppe"},
    Pair{"reference level", "referansenivå"},
    Pair{"achievable", "oppnåelig"},
    Pair{"Box: lower to upper quartile of the patients. Dot and bar: the group's median with its 95 % "
         "interval; an open "
         "dot rests on few examinations. Lines: levels of all groups, shaded with their 95 % interval, and "
         "published ones.",
         "Boks: nedre til øvre kvartil av pasientene. Prikk og strek: gruppens median med 95 % intervall; en "
         "åpen prikk "
         "bygger på få undersøkelser. Linjer: nivåer for alle grupper, skyggelagt med 95 % intervall, og "
         "publiserte."},
    Pair{"{}: dose of each group for equal patients", "{}: dose i hver gruppe for like pasienter"},
    Pair{"CTDIvol of each group by the mixed model, with its 95 % interval.",
         "CTDIvol i hver gruppe etter den blandede modellen, med 95 % intervall."},
    Pair{"CTDIvol of each group for a patient of {} cm, by the mixed model, with its 95 % interval: what "
         "remains when "
         "patients' size is taken out.",
         "CTDIvol i hver gruppe for en pasient på {} cm, etter den blandede modellen, med 95 % intervall: "
         "det som er igjen "
         "når pasientenes størrelse er tatt ut."},
    Pair{"{}: funnel of examinations above the level", "{}: trakt for undersøkelser over nivået"},
    Pair{"examinations", "undersøkelser"},
    Pair{"share above {} mGy", "andel over {} mGy"},
    Pair{"Each mark is a group: its share of examinations above the level against their number. Chance alone "
         "keeps 95 % of "
         "groups inside the dashed lines and 99.8 % inside the dotted ones; triangles and diamonds are "
         "outside. Differences "
         "between groups beyond chance are expected: see z_additive in the table for limits that allow for "
         "them.",
         "Hvert merke er en gruppe: andelen undersøkelser over nivået mot antallet. Tilfeldigheter alene "
         "holder 95 % av "
         "gruppene innenfor de stiplede linjene og 99,8 % innenfor de prikkede; trekanter og ruter er "
         "utenfor. Forskjeller "
         "mellom grupper ut over tilfeldigheter er ventet: z_additive i tabellen tar høyde for dem."},
    Pair{"{}: dose against quality", "{}: dose mot kvalitet"},
    Pair{"wanted {}", "ønsket {}"},
    Pair{"recommended", "anbefalt"},
    Pair{"better quarter", "beste fjerdedel"},
    Pair{"Each dot is a group: its median dose and quality. The curve follows dose to the power {} through "
         "the recommended "
         "dose, {} mGy, which the group in the middle needs for the wanted quality; shaded: 95 % intervals.",
         "Hver prikk er en gruppe: median dose og kvalitet. Kurven følger dosen opphøyd i {} gjennom den "
         "anbefalte dosen, {} "
         "mGy, som gruppen i midten trenger for ønsket kvalitet; skyggelagt: 95 % intervaller."},
    // dose reports and patients' size
    Pair{"{} by {} and scanner", "{} etter {} og skanner"},
    Pair{"Box: lower to upper quartile; whiskers: 5th to 95th percentile; dot: median.",
         "Boks: nedre til øvre kvartil; streker: 5. til 95. persentil; prikk: median."},
    Pair{"CTDIvol of irradiation events that count as typical. {}",
         "CTDIvol for hendelser som teller som typiske. {}"},
    Pair{"DLP of studies over their typical events. {}", "DLP for undersøkelser over typiske hendelser. {}"},
    Pair{"Table {}: irradiation events by their role", "Tabell {}: bestrålingshendelser etter rolle"},
    Pair{"Table {}: files by what they are", "Tabell {}: filer etter hva de er"},
    Pair{"irradiation events", "bestrålingshendelser"},
    Pair{"files", "filer"},
    Pair{"diameter (mm)", "diameter (mm)"},
    Pair{"dose (mGy)", "dose (mGy)"},
    Pair{"Size of the patient slice by slice.", "Pasientens størrelse snitt for snitt."},
    Pair{"Size-specific dose estimate slice by slice.", "Størrelsesspesifikt doseestimat snitt for snitt."},
    // any table
    Pair{"{} over {}", "{} over {}"},
    Pair{"{} over time", "{} over tid"},
    Pair{"{} by {}", "{} etter {}"},
    Pair{"funnel of {}", "trakt for {}"},
    Pair{"Table {}: {} over time{}.", "Tabell {}: {} over tid{}."},
    Pair{", with 95 % bands", ", med 95 % bånd"},
    Pair{"Table {}: {} over {}.", "Tabell {}: {} over {}."},
    Pair{"Table {}: {} with 95 % intervals.", "Tabell {}: {} med 95 % intervaller."},
    Pair{"The first {} of {} are drawn.", "De første {} av {} er tegnet."},
    Pair{"{} lower ones are left to the table.", "{} lavere står bare i tabellen."},
    Pair{"Table {}: each mark is a unit. Chance alone keeps 95 % of them inside the dashed lines and 99.8 % "
         "inside the dotted "
         "ones; triangles and diamonds are outside.",
         "Tabell {}: hvert merke er en enhet. Tilfeldigheter alene holder 95 % av dem innenfor de stiplede "
         "linjene og 99,8 % "
         "innenfor de prikkede; trekanter og ruter er utenfor."},
    Pair{"No unit lies outside the limits.", "Ingen enhet ligger utenfor grensene."},
    Pair{"Outside the limits: {}.", "Utenfor grensene: {}."},
    Pair{"{}: from {} to {}, at the end {}. ", "{}: fra {} til {}, til slutt {}. "},
    Pair{"Bars with a count that is not told are left out.",
         "Søyler med et antall som ikke er oppgitt, er utelatt."},
    Pair{"Rows of totals are not added to others.", "Rader med summer er ikke lagt til andre."},
    Pair{"Total", "Totalt"},
    Pair{"share {}", "andel {}"},
    Pair{"{} and {}", "{} og {}"},
    // image quality
    Pair{"inserts: measured less nominal", "innsatser: målt minus nominelt"},
    Pair{"measured less nominal (HU)", "målt minus nominelt (HU)"},
    Pair{"{} HU", "{} HU"},
    Pair{"nominal", "nominelt"},
    Pair{"within tolerance, or without one", "innenfor toleransen, eller uten"},
    Pair{"beyond tolerance", "utenfor toleransen"},
    Pair{"Table {}: difference of each insert from its nominal value; on the right what was measured.",
         "Tabell {}: avvik fra nominell verdi for hver innsats; til høyre det som ble målt."},
    Pair{"Table {}: task transfer function of each insert, by its edge.",
         "Tabell {}: oppgavens overføringsfunksjon (TTF) for hver innsats, fra kanten."},
    Pair{"Table {}: how much of a contrast is left at each frequency.",
         "Tabell {}: hvor mye av en kontrast som er igjen ved hver frekvens."},
    Pair{"Table {}: noise power spectrum, mean over directions.",
         "Tabell {}: støyens effektspektrum, midlet over retninger."},
    Pair{"Table {}: contrast over noise of each target by its size.",
         "Tabell {}: kontrast over støy for hvert mål etter størrelse."},
    Pair{"detection limit", "deteksjonsgrense"},
    Pair{"Targets below the detection limit are not told from noise.",
         "Mål under deteksjonsgrensen skilles ikke fra støy."},
    Pair{"Global noise level slice by slice.", "Globalt støynivå snitt for snitt."},
    // activity
    Pair{"Rates", "Rater"},
    Pair{"Variation between areas", "Variasjon mellom områder"},
    Pair{"Examinations counted", "Undersøkelser talt"},
    Pair{"Repeated examinations", "Gjentatte undersøkelser"},
    Pair{"Waiting and reporting times", "Vente- og svartider"},
    Pair{"Forecasts", "Fremskrivinger"},
    Pair{"Use of scanners", "Bruk av skannere"},
    Pair{"Capacity", "Kapasitet"},
    Pair{"How many share their data", "Hvor mange som deler sine data"},
    Pair{"Counts with small numbers left out", "Antall uten små tall"},
    Pair{"all", "alle"},
    Pair{"Rates standardized for sex and age, with their 95 % intervals; the line is the rate of all.",
         "Rater standardisert for kjønn og alder, med 95 % intervaller; linjen er raten for alle."},
    Pair{"Crude rates with their 95 % intervals; the line is the rate of all.",
         "Ujusterte rater med 95 % intervaller; linjen er raten for alle."},
    Pair{"time (days)", "tid (dager)"},
    Pair{"time (hours)", "tid (timer)"},
    Pair{"time (minutes)", "tid (minutter)"},
    Pair{"share not yet ended", "andel ikke avsluttet"},
    Pair{"{}: share not yet ended", "{}: andel ikke avsluttet"},
    Pair{"Kaplan-Meier curves with 95 % bands: what is still open counts until it was last seen. Where a "
         "curve crosses 50 % is "
         "the median.",
         "Kaplan-Meier-kurver med 95 % bånd: det som fortsatt er åpent, teller til det sist ble sett. Der en "
         "kurve krysser 50 %, er "
         "medianen."},
    Pair{"hours", "timer"},
    Pair{"minutes", "minutter"},
    Pair{"{}: median ({})", "{}: median ({})"},
    Pair{"Medians with what is still open (Kaplan-Meier), with 95 % intervals.",
         "Medianer med det som fortsatt er åpent (Kaplan-Meier), med 95 % intervaller."},
    Pair{"Medians of what has ended, with 95 % intervals.",
         "Medianer for det som er avsluttet, med 95 % intervaller."},
    Pair{"The axis ends where 99 % are done in every group.",
         "Aksen slutter der 99 % er ferdige i alle grupper."},
    Pair{"examinations to buy", "undersøkelser å kjøpe"},
    Pair{"own {}", "egne {}"},
    Pair{"Demand beyond own capacity (on the right), with 95 % prediction intervals.",
         "Behov ut over egen kapasitet (til høyre), med 95 % prediksjonsintervaller."},
    Pair{"What is odd in the records", "Hva som er påfallende i radene"},
    Pair{"Findings", "Funn"},
    Pair{"Nothing was found.", "Ingenting ble funnet."},
    Pair{"error", "feil"},
    Pair{"warning", "advarsel"},
    Pair{"note", "merknad"},
    Pair{"{} of {}", "{} av {}"},
    Pair{"{}{}: {} rows: {}", "{}{}: {} rader: {}"},
    Pair{"and {} more warnings, in the findings", "og {} advarsler til, i funnene"},
    Pair{"Left out", "Utelatt"},
    Pair{"days", "dager"},
    Pair{"working hours", "arbeidstimer"},
    Pair{"share within the limit", "andel innen grensen"},
    Pair{"{}: share within the limit", "{}: andel innen grensen"},
    Pair{"Share that ended within each limit, with 95 % intervals.",
         "Andel som ble avsluttet innen hver grense, med 95 % intervaller."},
    Pair{"share of opening hours in use", "andel av åpningstiden i bruk"},
    Pair{"Share of each scanner's opening hours with a patient, with 95 % intervals.",
         "Andel av hver skanners åpningstid med pasient, med 95 % intervaller."},
    Pair{"{} by the number of machines, with 95 % bands.", "{} etter antall maskiner, med 95 % bånd."},
    Pair{"observed", "observert"},
    Pair{"forecast", "fremskrevet"},
    Pair{"{}: observed and forecast", "{}: observert og fremskrevet"},
    Pair{"What was observed in the periods that the methods were tried on, and the forecast with its 95 % "
         "band.",
         "Det som ble observert i periodene metodene ble prøvd på, og fremskrivingen med 95 % bånd."},
    Pair{"chosen", "valgt"},
    Pair{"mean absolute error in the back-test (%)", "gjennomsnittlig absolutt feil i tilbakeprøving (%)"},
    Pair{"How far each method's forecasts were off when it was tried on the past; the diamond was chosen.",
         "Hvor mye hver metodes fremskrivinger bommet da den ble prøvd på fortiden; ruten ble valgt."},
    // calibrations and registrations
    Pair{"Maps points of {} to points of {}; the last column is in mm.",
         "Fører punkter i {} til punkter i {}; siste kolonne er i mm."},
    Pair{"Maps points of {} to points of {}, by these steps in their order:",
         "Fører punkter i {} til punkter i {}, med disse trinnene i rekkefølge:"},
    Pair{" {} of them, left out of the result, are dashed and pale.",
         " {} av dem, utelatt fra resultatet, er stiplet og bleke."},
    Pair{", over {}", ", over {}"},
    Pair{"Residuals in the image", "Avvik i bildet"},
    Pair{"Table {}, {} rows{}: each arrow starts where something was seen. Arrows that point the same way in "
         "one part of the "
         "image are a systematic error.{}",
         "Tabell {}, {} rader{}: hver pil begynner der noe ble sett. Piler som peker samme vei i en del av "
         "bildet, er en "
         "systematisk feil.{}"},
    Pair{"rows", "rader"},
    Pair{"Errors: {}", "Feil: {}"},
    Pair{" {} of {} are larger than {} and left out here.", " {} av {} er større enn {} og utelatt her."},
    Pair{"How often each {} occurs{}.{}", "Hvor ofte hver {} forekommer{}.{}"},
    Pair{"{} over {}: a drift or a bad stretch shows here.",
         "{} over {}: en drift eller et dårlig parti viser seg her."},
    Pair{"Search curve: {}", "Søkekurve: {}"},
    Pair{"Signals: {}", "Signaler: {}"},
    Pair{"Table {}; the line marks {}, {}, the band its interval.",
         "Tabell {}; linjen viser {}, {}, båndet intervallet."},
    Pair{"Correlation of the parameters", "Korrelasjon mellom parametrene"},
    Pair{"Near 1 or −1: the recording tells the two apart badly; more varied motion would.",
         "Nær 1 eller −1: opptaket skiller de to dårlig; mer variert bevegelse ville gjort det."},
};

}  // namespace

std::span<const std::pair<std::string_view, std::string_view>> bokmal_words() { return words; }

}  // namespace snitt::report

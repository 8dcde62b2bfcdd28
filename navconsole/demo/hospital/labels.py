"""Every text of the demo hospital: in French, in French after its "update v2", and in English."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

Version = Literal["v1", "v2"]
Language = Literal["fr", "en"]

# (French, French after the update or "" for unchanged, English)
LABELS: Mapping[str, tuple[str, str, str]] = {
    "app": ("Mélisse DPI", "Mélisse DPI", "Mélisse EPR"),
    "app_long": ("Dossier Patient Informatisé", "", "Electronic Patient Record"),
    "unit": ("Service des urgences", "", "Emergency department"),
    "help_desk": ("Support informatique : poste 4455", "", "IT help desk: extension 4455"),
    # log-in
    "login_title": ("Accès professionnel", "Bienvenue dans Mélisse", "Staff access"),
    "user": ("Identifiant", "Nom d'utilisateur", "User name"),
    "user_hint": ("ex. c.lemoine", "", "e.g. c.lemoine"),
    "password": ("Mot de passe", "Code secret", "Password"),
    "password_hint": ("Votre mot de passe", "Votre code secret", "Your password"),
    "sign_in": ("Se connecter", "Connexion", "Sign in"),
    "forgotten": ("Mot de passe oublié ?", "Code secret oublié ?", "Forgotten password?"),
    "card_access": ("Accès par carte CPS", "", "CPS card access"),
    "guest_title": ("Accès consultation externe", "", "External consultation access"),
    "guest_text": (
        "Réservé aux médecins correspondants de l'établissement.",
        "",
        "For referring physicians of the hospital only.",
    ),
    "refused": (
        "Identifiant ou mot de passe incorrect.",
        "Nom d'utilisateur ou code secret incorrect.",
        "Incorrect user name or password.",
    ),
    "locked": (
        "Compte verrouillé après 3 essais. Contactez le support informatique.",
        "",
        "Account locked after 3 attempts. Contact the IT help desk.",
    ),
    "expired_title": ("Session expirée", "", "Session expired"),
    "expired_text": (
        "Votre session a expiré. Reconnectez-vous pour continuer.",
        "",
        "Your session has expired. Sign in again to continue.",
    ),
    "back_to_login": ("Retour à la page de connexion", "Revenir à l'accueil", "Back to the sign-in page"),
    "factor_title": ("Double authentification", "", "Two-factor authentication"),
    "factor_text": (
        "Insérez votre carte CPS, ou saisissez le code reçu par SMS au numéro se terminant par 47.",
        "",
        "Insert your CPS card, or enter the code sent by SMS to the number ending in 47.",
    ),
    "factor_code": ("Code reçu par SMS", "", "Code received by SMS"),
    "factor_hint": ("6 chiffres", "", "6 digits"),
    "factor_submit": ("Valider le code", "Confirmer le code", "Submit code"),
    "factor_refused": ("Code incorrect.", "", "Incorrect code."),
    # frame
    "log_out": ("Déconnexion", "Quitter", "Log out"),
    "nav_board": ("Urgences", "Tableau", "Emergency"),
    "nav_agenda": ("Agenda", "", "Agenda"),
    "nav_letters": ("Courriers", "", "Letters"),
    "nav_stats": ("Activité", "Indicateurs", "Activity"),
    # board
    "board_title": ("Tableau des urgences", "Patients présents", "Emergency board"),
    "search_hint": ("Nom, prénom ou IPP", "Rechercher un patient", "Name or IPP"),
    "search": ("Rechercher", "Chercher", "Search"),
    "col_box": ("Box", "Lieu", "Bay"),
    "col_patient": ("Patient", "", "Patient"),
    "col_birth": ("Né(e) le", "Naissance", "Born"),
    "col_ipp": ("IPP", "", "IPP"),
    "col_motive": ("Motif", "Motif d'admission", "Reason"),
    "col_triage": ("Tri", "", "Triage"),
    "col_wait": ("Attente", "Délai", "Waiting"),
    "open": ("Ouvrir", "Consulter", "Open"),
    "all_patients": ("Tous", "", "All"),
    "my_patients": ("Mes patients", "", "My patients"),
    "to_see": ("À voir", "En attente", "To be seen"),
    "leaving": ("Sortants", "", "Leaving"),
    "count": ("12 patients présents", "12 dossiers", "12 patients present"),
    # file
    "file_title": ("Dossier patient", "", "Patient file"),
    "tab_summary": ("Synthèse", "Résumé", "Summary"),
    "tab_prescriptions": ("Prescriptions", "Ordonnances", "Prescriptions"),
    "tab_exams": ("Examens", "Résultats", "Tests"),
    "tab_notes": ("Transmissions", "Notes de soins", "Care notes"),
    "born_f": ("née le", "", "born"),
    "born_m": ("né le", "", "born"),
    "years": ("ans", "", "years"),
    "sex": ("Sexe", "", "Sex"),
    "allergy": ("Allergie", "", "Allergy"),
    "no_allergy": ("Pas d'allergie connue", "", "No known allergy"),
    "motive": ("Motif de venue", "", "Reason for visit"),
    "history": ("Antécédents", "", "History"),
    "history_text": (
        "Hypertension artérielle traitée. Appendicectomie en 1979.",
        "",
        "Treated hypertension. Appendectomy in 1979.",
    ),
    "lifestyle": ("Mode de vie", "", "Lifestyle"),
    "lifestyle_text": (
        "Autonome, vit à domicile. Personne de confiance désignée.",
        "",
        "Independent, lives at home. Trusted person named.",
    ),
    "course": ("Parcours", "Chronologie", "Course"),
    "course_arrival": ("Arrivée, véhicule personnel", "", "Arrival, own vehicle"),
    "course_nurse": ("Accueil infirmier", "", "Nurse assessment"),
    "course_doctor": ("Prise en charge médicale", "", "Seen by the doctor"),
    "course_xray": ("Départ en radiologie", "", "Sent to radiology"),
    "vitals": ("Constantes", "Paramètres vitaux", "Vital signs"),
    "pressure": ("Tension", "", "Blood pressure"),
    "pulse": ("Pouls", "", "Pulse"),
    "temperature": ("Température", "", "Temperature"),
    "saturation": ("Saturation", "", "Saturation"),
    "pain": ("Douleur (EVA)", "", "Pain (VAS)"),
    "admit": ("Hospitaliser", "Admettre", "Admit"),
    "discharge": ("Sortie du patient", "Faire sortir", "Discharge"),
    "print": ("Imprimer", "Édition", "Print"),
    "back_to_board": ("Retour au tableau", "Fermer le dossier", "Back to board"),
    "exam": ("Examen", "", "Test"),
    "result": ("Résultat", "", "Result"),
    "requested": ("Demandé à", "", "Requested at"),
    "exam_pending": ("En cours", "", "Pending"),
    "exam_normal": ("Sans particularité", "", "Unremarkable"),
    "new_exam": ("Demander un examen", "Nouvelle demande", "Request a test"),
    "note_hint": ("Saisir une transmission", "Nouvelle note", "Write a care note"),
    "note_add": ("Ajouter", "Enregistrer la note", "Add"),
    "note_one": (
        "Patient installé, scope en place, famille prévenue.",
        "",
        "Patient settled, monitor on, family told.",
    ),
    "note_two": ("Antalgique administré, réévaluer à 14:30.", "", "Painkiller given, reassess at 14:30."),
    # prescriptions
    "new_prescription": ("Nouvelle prescription", "Créer une ordonnance", "New prescription"),
    "drug": ("Médicament", "Produit", "Drug"),
    "drug_hint": ("Nom ou code UCD", "", "Name or UCD code"),
    "dose": ("Dose", "Posologie", "Dose"),
    "route": ("Voie", "", "Route"),
    "frequency": ("Fréquence", "Rythme", "Frequency"),
    "start": ("Début", "", "Start"),
    "prescriber": ("Prescripteur", "", "Prescriber"),
    "status": ("Statut", "État", "Status"),
    "status_active": ("En cours", "Active", "Active"),
    "status_pending": ("À valider", "À signer", "To be validated"),
    "status_suspended": ("Suspendue", "Interrompue", "Suspended"),
    "validate": ("Valider", "Signer", "Validate"),
    "suspend": ("Suspendre", "Interrompre", "Suspend"),
    "validated": ("Prescription validée.", "Ordonnance signée.", "Prescription validated."),
    "suspended": ("Prescription suspendue.", "Ordonnance interrompue.", "Prescription suspended."),
    "saved": (
        "Prescription enregistrée, à valider.",
        "Ordonnance créée, à signer.",
        "Prescription saved, to validate.",
    ),
    "note_saved": ("Transmission ajoutée.", "Note enregistrée.", "Care note added."),
    "missing": ("Renseignez le médicament et la dose.", "", "Fill in the drug and the dose."),
    "save": ("Enregistrer", "Créer", "Save"),
    "cancel": ("Annuler", "Retour", "Cancel"),
    "confirm": ("Confirmer", "Oui, interrompre", "Confirm"),
    "suspend_title": ("Suspendre cette prescription ?", "Interrompre cette ordonnance ?", "Suspend this prescription?"),
    "suspend_text": (
        "L'administration sera arrêtée immédiatement et l'équipe soignante prévenue.",
        "",
        "Administration will stop at once and the care team will be told.",
    ),
    # pop-up and errors
    "popup_title": ("Maintenance programmée", "", "Planned maintenance"),
    "popup_text": (
        "Le serveur redémarrera ce soir à 22 h 00. Enregistrez votre travail avant cette heure.",
        "",
        "The server restarts tonight at 22:00. Save your work before then.",
    ),
    "popup_close": ("J'ai compris", "D'accord", "Understood"),
    "not_found": ("Cette page n'existe pas.", "", "There is no such page."),
    "forbidden": ("Cette demande n'a pas été acceptée.", "", "This request was not accepted."),
}


def translator(version: Version, language: Language) -> Callable[[str], str]:
    """A function from a label's code to its text; an unknown code is a KeyError."""

    def text(code: str) -> str:
        french, updated, english = LABELS[code]
        if language == "en":
            return english
        return updated if version == "v2" and updated else french

    return text
